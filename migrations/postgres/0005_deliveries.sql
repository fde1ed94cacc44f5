-- Deliveries: what agencies say of what they were sent, trying again by an operator's word, and destinations that fail.

-- The id that the message bears as it leaves, which is what an agency names when it answers; absent for webhooks.
ALTER TABLE deliveries ADD COLUMN message_id TEXT;
-- Since when it is tried, and after how many attempts, where an operator had it tried again.
ALTER TABLE deliveries ADD COLUMN requeued_at BIGINT;
ALTER TABLE deliveries ADD COLUMN tried_before BIGINT  NOT NULL DEFAULT 0;
UPDATE deliveries SET message_id = (SELECT CAST(r.body AS json) ->> 'message_id' FROM records AS r
    WHERE r.case_id = deliveries.case_id AND r.journal_index = deliveries.journal_index)
    WHERE destination LIKE 'agency:%';
CREATE INDEX deliveries_message_id ON deliveries (destination, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX deliveries_destination_due ON deliveries (destination, next_at)
    WHERE next_at IS NOT NULL AND state IN ('queued', 'sent');
CREATE INDEX deliveries_held ON deliveries (destination, lease_holder) WHERE lease_until IS NOT NULL;

-- What an agency said of one delivery: at once, in the answer to a push, or later. Written once. Several may say that it
-- is there; since it was last tried again, one at most says what became of it.
CREATE TABLE receipts (
    journal_index  BIGINT  NOT NULL PRIMARY KEY,
    delivery_id    TEXT    NOT NULL REFERENCES deliveries (id),
    destination    TEXT    NOT NULL,           -- the delivery's
    channel        TEXT    NOT NULL CHECK (channel IN ('push', 'api', 'file')),
    certificate    BYTEA   CHECK (length(certificate) = 32), -- fingerprint of the sender's; absent unless it called
    outcome        TEXT    CHECK (outcome IN ('accepted', 'duplicate', 'refused')), -- absent: it has it, and says no more
    number         TEXT,                       -- the agency's own, by which it may speak of it later
    message        TEXT,
    problems       TEXT    NOT NULL,           -- JSON; their places are ours where they led to one
    body           BYTEA   NOT NULL,           -- as received
    content_type   TEXT    NOT NULL,
    body_digest    BYTEA   NOT NULL CHECK (length(body_digest) = 32),
    salt           BYTEA   NOT NULL CHECK (length(salt) = 32), -- of the digest in the journal
    profile        TEXT    NOT NULL,
    profile_digest BYTEA   NOT NULL CHECK (length(profile_digest) = 32),
    proof          TEXT    NOT NULL,           -- of its journal entry; what the agency is given for it
    at             BIGINT  NOT NULL
);
CREATE INDEX receipts_delivery ON receipts (delivery_id, journal_index);
CREATE INDEX receipts_number ON receipts (destination, number) WHERE number IS NOT NULL;

-- How a destination fares, and how fast it may be called. No row: it is well, and as fast as may be.
CREATE TABLE breakers (
    destination   TEXT    NOT NULL PRIMARY KEY,
    failures      BIGINT  NOT NULL,            -- in a row
    failing_since BIGINT ,
    open_until    BIGINT ,                     -- nothing goes there before; then one goes, as a trial. Absent: all may go
    openings      BIGINT  NOT NULL,            -- how often it opened since it was last well
    trial         TEXT,                        -- the lease of the trial under way
    detail        TEXT,                        -- what was said of the last failure
    paced_until   BIGINT                       -- with a rate: when all that was begun so far would have been due
);

-- The ground: what was exchanged, the cases it makes up, the journal, the outbox, the tokens.
-- Times are microseconds since 1970-01-01T00:00:00Z, ids printed UUIDv7, digests 32 bytes of SHA-256.

-- One inbound message as received. Written once; nothing of it ever changes.
CREATE TABLE submissions (
    id                   TEXT    NOT NULL PRIMARY KEY,
    agency_id            TEXT    NOT NULL,
    message_id           TEXT    NOT NULL,
    kind                 TEXT    NOT NULL,
    registration_number  TEXT,                -- absent where it holds records of several cases
    body_digest          BYTEA   NOT NULL CHECK (length(body_digest) = 32),
    body                 BYTEA   NOT NULL,
    content_type         TEXT    NOT NULL,
    charset              TEXT,
    channel              TEXT    NOT NULL CHECK (channel IN ('api', 'router', 'file', 'pull')),
    certificate          BYTEA   NOT NULL CHECK (length(certificate) = 32), -- fingerprint of the sender's
    profile              TEXT    NOT NULL,
    profile_digest       BYTEA   NOT NULL CHECK (length(profile_digest) = 32),
    received_at          BIGINT  NOT NULL,
    salt                 BYTEA   NOT NULL CHECK (length(salt) = 32), -- of the digest in the journal
    receipt              BYTEA   NOT NULL,    -- the answer, the very bytes
    receipt_content_type TEXT    NOT NULL,
    journal_index        BIGINT  NOT NULL,
    UNIQUE (agency_id, message_id)
);

-- The thread of everything exchanged about one matter.
CREATE TABLE cases (
    id                  TEXT    NOT NULL PRIMARY KEY,
    agency_id           TEXT    NOT NULL,
    topic               TEXT    NOT NULL CHECK (topic IN
        ('complaint', 'disposal', 'inspection', 'assistance', 'lead', 'service')),
    registration_number TEXT    NOT NULL,
    state               TEXT    NOT NULL CHECK (state IN
        ('received', 'acknowledged', 'replied', 'closed', 'returned', 'withdrawn', 'disposed',
         'instructed', 'sampled', 'tested', 'objected', 'retested', 'final',
         'requested', 'approved', 'released', 'refused', 'pushed', 'accepted', 'filed', 'concluded', 'published')),
    region              TEXT    NOT NULL,     -- six digits of GB/T 2260
    opened_at           BIGINT  NOT NULL,
    updated_at          BIGINT  NOT NULL,     -- changes with the state
    version             BIGINT  NOT NULL,     -- grows by one with each change
    UNIQUE (agency_id, topic, registration_number)
);
CREATE INDEX cases_state ON cases (state, id);

-- One thing in the platform schema. Written once.
CREATE TABLE records (
    id                  TEXT    NOT NULL PRIMARY KEY,
    -- Absent where the platform posted it. Deferred: a submission is written last, when its receipt is ready.
    submission_id       TEXT    REFERENCES submissions (id) DEFERRABLE INITIALLY DEFERRED,
    case_id             TEXT    NOT NULL REFERENCES cases (id),
    kind                TEXT    NOT NULL,
    direction           TEXT    NOT NULL CHECK (direction IN ('submit', 'receive')),
    agency_id           TEXT    NOT NULL,
    registration_number TEXT    NOT NULL,
    position            BIGINT  NOT NULL,     -- within its submission, from 0
    body                TEXT    NOT NULL,     -- canonical JSON
    recorded_at         BIGINT  NOT NULL,
    actor               TEXT,                 -- who posted it on the platform's side
    idempotency_key     TEXT,                 -- the platform's, for ever
    journal_index       BIGINT  NOT NULL,
    UNIQUE (case_id, idempotency_key)
);
CREATE INDEX records_case ON records (case_id, id);
CREATE INDEX records_submission ON records (submission_id) WHERE submission_id IS NOT NULL;

-- The journal: entries, the tree's full tiles (tlog-tiles: 256 hashes each), and its head.
CREATE TABLE journal_entries (
    idx   BIGINT  NOT NULL PRIMARY KEY,       -- from 0, without gaps
    entry BYTEA   NOT NULL CHECK (length(entry) BETWEEN 1 AND 65535),
    at    BIGINT  NOT NULL
);
CREATE TABLE journal_tiles (
    level  BIGINT  NOT NULL,
    number BIGINT  NOT NULL,
    hashes BYTEA   NOT NULL CHECK (length(hashes) = 8192),
    PRIMARY KEY (level, number)
);
CREATE TABLE journal_head (
    one        BIGINT  NOT NULL PRIMARY KEY CHECK (one = 1),
    size       BIGINT  NOT NULL,
    frontier   BYTEA   NOT NULL,              -- hashes of the complete subtrees, left to right
    root       BYTEA   NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT    NOT NULL,              -- signed note; empty until the first entry
    at         BIGINT  NOT NULL
);
-- SHA-256 of nothing is the root of the empty tree (RFC 6962, section 2.1).
INSERT INTO journal_head VALUES
    (1, 0, '', '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '', 0);

-- The platform's feed. The cursor is the index of the event's journal entry.
CREATE TABLE events (
    journal_index BIGINT  NOT NULL PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    type          TEXT    NOT NULL,
    case_id       TEXT    NOT NULL REFERENCES cases (id),
    agency_id     TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    at            BIGINT  NOT NULL,
    data          TEXT    NOT NULL            -- canonical JSON
);

-- The last number given to a delivery of each destination. Its row is locked while a transaction adds some, so
-- that they become visible in the order of their numbers and a cursor never passes one over.
CREATE TABLE destinations (
    name          TEXT    NOT NULL PRIMARY KEY, -- agency:<id> or webhook:<name>
    last_sequence BIGINT  NOT NULL
);

-- One outbound message.
CREATE TABLE deliveries (
    id            TEXT    NOT NULL PRIMARY KEY,
    destination   TEXT    NOT NULL REFERENCES destinations (name),
    sequence      BIGINT  NOT NULL,           -- within its destination, from 1; the cursor of a pull
    case_id       TEXT    NOT NULL REFERENCES cases (id),
    kind          TEXT    NOT NULL,           -- record kind, or event type for a webhook
    message       TEXT    NOT NULL,           -- the profile's message, or the event's id
    body          BYTEA   NOT NULL,
    content_type  TEXT    NOT NULL,
    -- Of the body's digest in the journal; 32 bytes, or none where the entry has no such digest.
    salt          BYTEA   NOT NULL,
    journal_index BIGINT  NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN
        ('queued', 'sent', 'received', 'accepted', 'refused', 'given_up')),
    attempts      BIGINT  NOT NULL,           -- begun so far
    next_at       BIGINT ,                    -- absent where it waits to be pulled, or is settled
    lease_token   TEXT,
    lease_holder  TEXT,
    lease_until   BIGINT ,
    last_status   BIGINT ,                    -- HTTP
    last_detail   TEXT,
    created_at    BIGINT  NOT NULL,
    settled_at    BIGINT ,
    settled_by    TEXT,                       -- worker, puller or operator
    UNIQUE (destination, sequence)
);
CREATE INDEX deliveries_case ON deliveries (case_id, id);
CREATE INDEX deliveries_pull ON deliveries (destination, kind, sequence);
CREATE INDEX deliveries_open ON deliveries (destination, case_id, sequence) WHERE state IN ('queued', 'sent');
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE next_at IS NOT NULL AND state IN ('queued', 'sent');

-- One try at a delivery. Written once, when it ended.
CREATE TABLE attempts (
    delivery_id TEXT    NOT NULL REFERENCES deliveries (id),
    number      BIGINT  NOT NULL,             -- from 1; a gap is an attempt whose worker died
    started_at  BIGINT  NOT NULL,
    finished_at BIGINT  NOT NULL,
    outcome     TEXT    NOT NULL CHECK (outcome IN ('done', 'retry', 'give_up')),
    status      BIGINT ,
    detail      TEXT    NOT NULL,
    PRIMARY KEY (delivery_id, number)
);

-- Who may use the platform API. The secret itself is stored nowhere.
CREATE TABLE tokens (
    id           TEXT    NOT NULL PRIMARY KEY,
    name         TEXT    NOT NULL,
    digest       BYTEA   NOT NULL UNIQUE CHECK (length(digest) = 32), -- SHA-256 of the secret
    rights       TEXT    NOT NULL CHECK (rights IN ('read', 'write')), -- who may write may read
    created_at   BIGINT  NOT NULL,
    revoked_at   BIGINT ,
    last_used_at BIGINT 
);

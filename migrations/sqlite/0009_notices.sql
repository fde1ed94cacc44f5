-- Notices: e-mails to staff, and the troubles that they tell of.

-- A trouble: told once when it begins and once when it ends. One row a key for ever: the same key again is the same trouble
-- begun anew.
CREATE TABLE troubles (
    key       TEXT    NOT NULL PRIMARY KEY,    -- what is in trouble: overdue:<case>:<deadline>, unreachable:agency:<id>
    topic     TEXT    NOT NULL CHECK (topic IN
        ('urgent-case', 'due-soon', 'overdue', 'agency-unreachable', 'delivery-given-up',
        'certificate-expiring', 'crl-stale', 'calendar-missing', 'reconciliation-difference', 'job-failed',
        'journal-fault', 'backup-failed', 'canary-failed')),
    severity  TEXT    NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    agency_id TEXT,                            -- absent where it is of no one agency
    facts     TEXT    NOT NULL,                -- JSON, as of the last time it happened: ids, counts, dates
    times     INTEGER NOT NULL,                -- how often it happened since it began
    since     INTEGER NOT NULL,                -- when it began
    last_at   INTEGER NOT NULL,                -- when it last happened
    ended_at  INTEGER                          -- absent while it is under way
) STRICT;
CREATE INDEX troubles_under_way ON troubles (topic, agency_id) WHERE ended_at IS NULL;

-- One mail to one recipient.
CREATE TABLE notices (
    id          TEXT    NOT NULL PRIMARY KEY,  -- UUIDv7; the mail's Message-ID is made of it, whenever it is sent
    recipient   TEXT    NOT NULL,              -- an address of the settings
    role        TEXT    NOT NULL,              -- that recipient's
    topic       TEXT    NOT NULL,              -- of its troubles; 'digest' for a digest
    edge        TEXT    NOT NULL CHECK (edge IN ('begins', 'ends', 'daily', 'weekly')),
    severity    TEXT    NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    items       TEXT    NOT NULL,              -- JSON: what it tells of; it is written out when it is sent
    once        TEXT    UNIQUE,                -- of what there may be but one: a recipient's digest of a period
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'sent', 'refused', 'given_up')),
    attempts    INTEGER NOT NULL,              -- begun so far
    next_at     INTEGER,                       -- absent where it is settled
    lease_token TEXT,
    lease_until INTEGER,
    last_status INTEGER,                       -- the mail server's reply code
    last_detail TEXT,
    created_at  INTEGER NOT NULL,
    settled_at  INTEGER
) STRICT;
CREATE INDEX notices_due ON notices (next_at) WHERE state = 'queued';
CREATE INDEX notices_recipient ON notices (recipient, id);

-- What digests count, of what was given up.
CREATE INDEX deliveries_given_up ON deliveries (settled_at) WHERE state = 'given_up';

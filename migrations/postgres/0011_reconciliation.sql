-- Reconciliation: what was exchanged with an agency on a day, what it says of the same day, and where the two differ.

-- A day's exchanges are found without reading those of all the others.
CREATE INDEX submissions_day ON submissions (agency_id, received_at);
CREATE INDEX deliveries_day ON deliveries (destination, created_at, sequence);

-- Our manifest of an agency's day. Written once.
CREATE TABLE manifests (
    agency_id     TEXT    NOT NULL,
    day           TEXT    NOT NULL,           -- YYYY-MM-DD in China
    text          BYTEA   NOT NULL,           -- the very bytes
    lines         BIGINT  NOT NULL,
    root          BYTEA   NOT NULL CHECK (length(root) = 32),
    salt          BYTEA   NOT NULL CHECK (length(salt) = 32), -- of the text's digest in the journal
    note          TEXT    NOT NULL,           -- the text's head, signed
    journal_index BIGINT  NOT NULL,
    made_at       BIGINT  NOT NULL,
    PRIMARY KEY (agency_id, day)
);

-- The last manifest that an agency gave of a day, and what comparing came to. Another of the same day takes its place.
CREATE TABLE reconciliations (
    agency_id     TEXT    NOT NULL,
    day           TEXT    NOT NULL,
    text          BYTEA   NOT NULL,           -- theirs, the very bytes
    lines         BIGINT  NOT NULL,           -- theirs
    root          BYTEA   NOT NULL CHECK (length(root) = 32), -- theirs
    salt          BYTEA   NOT NULL CHECK (length(salt) = 32), -- of the text's digest in the journal
    channel       TEXT    NOT NULL CHECK (channel IN ('api', 'file')),
    own_lines     BIGINT  NOT NULL,           -- ours, as of the comparison
    waiting       BIGINT  NOT NULL,           -- ours that nobody has fetched yet: no differences
    elsewhere     BIGINT  NOT NULL,           -- those that the other side has on another day: no differences
    journal_index BIGINT  NOT NULL,
    compared_at   BIGINT  NOT NULL,
    PRIMARY KEY (agency_id, day)
);

-- One difference, with the one thing to be done about it. Only state and what follows it changes.
CREATE TABLE differences (
    id            TEXT    NOT NULL PRIMARY KEY,
    agency_id     TEXT    NOT NULL,
    day           TEXT    NOT NULL,
    what          TEXT    NOT NULL CHECK (what IN ('missing-here', 'missing-there', 'bytes', 'time')),
    direction     TEXT    NOT NULL CHECK (direction IN ('submit', 'receive')),
    kind          TEXT    NOT NULL,
    message       TEXT    NOT NULL,           -- the id as it stands in the manifest
    place         BIGINT  NOT NULL,           -- among those of one id, from 0
    ours          TEXT,                       -- our line
    theirs        TEXT,                       -- their line
    delivery_id   TEXT    REFERENCES deliveries (id),
    action        TEXT    NOT NULL CHECK (action IN ('resend', 're-pull', 'ask')),
    state         TEXT    NOT NULL CHECK (state IN ('open', 'acted', 'settled')),
    found_at      BIGINT  NOT NULL,
    changed_at    BIGINT  NOT NULL,
    acted_by      TEXT,
    words         TEXT,                       -- what was said when it was acted on
    UNIQUE (agency_id, day, what, direction, kind, message, place)
);
CREATE INDEX differences_unsettled ON differences (agency_id, day) WHERE state IN ('open', 'acted');

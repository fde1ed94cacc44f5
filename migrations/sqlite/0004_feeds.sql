-- Feeds: what a delivery to an agency carries, which windows an agency pulled, and what the platform posted by itself.

-- The record that a delivery to an agency carries, for filters and for what takes the place of what. Absent for
-- deliveries that are older than this table. Only superseded_by changes.
CREATE TABLE feed_items (
    delivery_id   TEXT    NOT NULL PRIMARY KEY REFERENCES deliveries (id),
    record_id     TEXT    NOT NULL REFERENCES records (id),
    destination   TEXT    NOT NULL,           -- the delivery's
    categories    TEXT    NOT NULL,           -- JSON, a list of texts
    number        TEXT,                       -- of the report, where it is one
    supersedes    TEXT,                       -- the number of the report it takes the place of
    superseded_by TEXT    REFERENCES deliveries (id)
) STRICT;
CREATE INDEX feed_items_number ON feed_items (destination, number) WHERE number IS NOT NULL;
CREATE INDEX feed_items_supersedes ON feed_items (destination, supersedes) WHERE supersedes IS NOT NULL;
CREATE INDEX feed_items_superseded_by ON feed_items (superseded_by) WHERE superseded_by IS NOT NULL;

-- A page that an agency pulled, or a report that was made for it. Written once.
CREATE TABLE feed_windows (
    journal_index INTEGER NOT NULL PRIMARY KEY,
    agency_id     TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    purpose       TEXT    NOT NULL CHECK (purpose IN ('page', 'report')),
    region        TEXT,                       -- the filter's
    category      TEXT,                       -- the filter's
    number        INTEGER NOT NULL,           -- within its chain, from 1
    position_from INTEGER NOT NULL,           -- the sequence that the chain had come to
    position_to   INTEGER NOT NULL,           -- the last sequence on it
    count         INTEGER NOT NULL,
    root          BLOB    NOT NULL CHECK (length(root) = 32),
    previous      BLOB    NOT NULL CHECK (length(previous) = 32), -- the root of the window before
    note          TEXT    NOT NULL,           -- signed
    at            INTEGER NOT NULL
) STRICT;
CREATE INDEX feed_windows_feed ON feed_windows (agency_id, kind, journal_index);

-- What the platform posted under a key of idempotency, with the answer it got. Written once.
CREATE TABLE postings (
    idempotency_key TEXT    NOT NULL PRIMARY KEY,
    digest          BLOB    NOT NULL CHECK (length(digest) = 32), -- SHA-256 of what was posted
    answer          TEXT    NOT NULL,         -- canonical JSON
    at              INTEGER NOT NULL
) STRICT;

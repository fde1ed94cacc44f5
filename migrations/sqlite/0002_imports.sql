-- Imports: files of any size whose records are taken in as if they had been sent, some at a time.

-- One file of one agency. Its bytes stay where they are; it is known by their digest, for ever.
CREATE TABLE imports (
    id             TEXT    NOT NULL PRIMARY KEY,
    agency_id      TEXT    NOT NULL,
    file_digest    BLOB    NOT NULL CHECK (length(file_digest) = 32),
    file_size      INTEGER NOT NULL,          -- bytes
    kind           TEXT    NOT NULL,
    salt           BLOB    NOT NULL CHECK (length(salt) = 32), -- of the file's digest in the journal
    -- How far it came: this and the next five change together with what was taken.
    position       INTEGER NOT NULL,          -- the last record that is settled, from 1; 0 before the first
    file_offset    INTEGER NOT NULL,          -- bytes up to that record's end
    accepted       INTEGER NOT NULL,
    duplicate      INTEGER NOT NULL,
    refused        INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL,
    started_at     INTEGER NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('running', 'broken', 'finished')),
    report         TEXT,                      -- canonical JSON; absent while it runs
    UNIQUE (agency_id, file_digest)
) STRICT;

-- A record of an import that was not taken. Written once.
CREATE TABLE import_refusals (
    import_id           TEXT    NOT NULL REFERENCES imports (id),
    position            INTEGER NOT NULL,     -- within the file, from 1
    registration_number TEXT,
    problems            TEXT    NOT NULL,     -- canonical JSON
    PRIMARY KEY (import_id, position)
) STRICT;

-- The import that brought it; absent where a submission or the platform did.
ALTER TABLE records ADD COLUMN import_id TEXT REFERENCES imports (id);

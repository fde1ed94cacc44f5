-- Imports: files of any size whose records are taken in as if they had been sent, some at a time.

-- One file of one agency. Its bytes stay where they are; it is known by their digest, for ever.
CREATE TABLE imports (
    id             TEXT    NOT NULL PRIMARY KEY,
    agency_id      TEXT    NOT NULL,
    file_digest    BYTEA   NOT NULL CHECK (length(file_digest) = 32),
    file_size      BIGINT  NOT NULL,          -- bytes
    kind           TEXT    NOT NULL,
    salt           BYTEA   NOT NULL CHECK (length(salt) = 32), -- of the file's digest in the journal
    -- How far it came: this and the next five change together with what was taken.
    position       BIGINT  NOT NULL,          -- the last record that is settled, from 1; 0 before the first
    file_offset    BIGINT  NOT NULL,          -- bytes up to that record's end
    accepted       BIGINT  NOT NULL,
    duplicate      BIGINT  NOT NULL,
    refused        BIGINT  NOT NULL,
    changed_at     BIGINT  NOT NULL,
    started_at     BIGINT  NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('running', 'broken', 'finished')),
    report         TEXT,                      -- canonical JSON; absent while it runs
    UNIQUE (agency_id, file_digest)
);

-- A record of an import that was not taken. Written once.
CREATE TABLE import_refusals (
    import_id           TEXT    NOT NULL REFERENCES imports (id),
    position            BIGINT  NOT NULL,     -- within the file, from 1
    registration_number TEXT,
    problems            TEXT    NOT NULL,     -- canonical JSON
    PRIMARY KEY (import_id, position)
);

-- The import that brought it; absent where a submission or the platform did.
ALTER TABLE records ADD COLUMN import_id TEXT REFERENCES imports (id);

-- Attachments: the files of a case. Their bytes stand elsewhere, each sealed under a key of its own.

-- The key of a case, wrapped under the key-encryption key. Without the row, what is sealed under it is gone.
CREATE TABLE case_keys (
    case_id TEXT    NOT NULL PRIMARY KEY REFERENCES cases (id),
    wrapped BYTEA   NOT NULL CHECK (length(wrapped) >= 74),
    made_at BIGINT  NOT NULL
);

-- One file of one case.
CREATE TABLE attachments (
    id            TEXT    NOT NULL PRIMARY KEY, -- also the name of its sealed bytes
    case_id       TEXT    NOT NULL REFERENCES cases (id),
    digest        BYTEA   NOT NULL CHECK (length(digest) = 32),
    name          TEXT,
    media_type    TEXT    NOT NULL,
    size          BIGINT  NOT NULL,             -- bytes, unsealed
    role          TEXT,                         -- what it is to the case, as its bringer says, or its place in a record
    state         TEXT    NOT NULL CHECK (state IN ('waiting', 'released', 'refused')),
    brought_by    TEXT    NOT NULL,             -- agency:<id> or platform:<name>
    brought_at    BIGINT  NOT NULL,
    shared_at     BIGINT ,                      -- since when the agency may read it; absent while it may not
    wrapped       BYTEA   NOT NULL CHECK (length(wrapped) >= 74), -- its key, under the case's
    salt          BYTEA   NOT NULL CHECK (length(salt) = 32), -- of its digest in the journal
    journal_index BIGINT  NOT NULL,
    scans         BIGINT  NOT NULL,             -- tries that came to no verdict
    scan_at       BIGINT ,                      -- when it is tried next; absent unless it waits
    UNIQUE (case_id, digest)
);
CREATE INDEX attachments_waiting ON attachments (scan_at) WHERE state = 'waiting';

-- A file that has not come whole. What came of it is a file of this name beside the sealed ones.
CREATE TABLE uploads (
    id         TEXT    NOT NULL PRIMARY KEY,    -- the attachment's, once it is whole
    case_id    TEXT    NOT NULL REFERENCES cases (id),
    digest     BYTEA   NOT NULL CHECK (length(digest) = 32),
    owner      TEXT    NOT NULL,                -- agency:<id> or platform
    length     BIGINT ,                         -- bytes, where it was said
    name       TEXT,
    media_type TEXT    NOT NULL,
    role       TEXT,
    wrapped    BYTEA   NOT NULL CHECK (length(wrapped) >= 74),
    begun_at   BIGINT  NOT NULL,
    UNIQUE (case_id, digest, owner)
);
CREATE INDEX uploads_begun ON uploads (begun_at);

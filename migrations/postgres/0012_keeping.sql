-- Keeping: cases that nobody may remove, what was removed when its time was over, and what stays of it.

-- A case under legal hold: nothing of it is removed while the row stands.
CREATE TABLE holds (
    case_id       TEXT    NOT NULL PRIMARY KEY REFERENCES cases (id),
    who           TEXT    NOT NULL,
    why           TEXT    NOT NULL,
    since         BIGINT  NOT NULL,
    journal_index BIGINT  NOT NULL
);

-- The contents of a case were removed. Made anew if it went on, ended again, and was removed again.
CREATE TABLE removals (
    case_id       TEXT    NOT NULL PRIMARY KEY REFERENCES cases (id),
    ended_at      BIGINT  NOT NULL,           -- when the case had last changed
    removed_at    BIGINT  NOT NULL,
    journal_index BIGINT  NOT NULL
);

-- What stays of a file: enough to say that it was this one.
CREATE TABLE removed_attachments (
    id            TEXT    NOT NULL PRIMARY KEY,
    case_id       TEXT    NOT NULL REFERENCES cases (id),
    digest        BYTEA   NOT NULL CHECK (length(digest) = 32),
    size          BIGINT  NOT NULL,           -- bytes, unsealed
    salt          BYTEA   NOT NULL CHECK (length(salt) = 32),
    journal_index BIGINT  NOT NULL,
    removed_at    BIGINT  NOT NULL
);
CREATE INDEX removed_attachments_case ON removed_attachments (case_id);

-- SHA-256 of a message that was removed; absent while it is there.
ALTER TABLE deliveries ADD COLUMN body_digest BYTEA CHECK (length(body_digest) = 32);

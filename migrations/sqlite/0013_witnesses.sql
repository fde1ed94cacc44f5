-- Witnesses: what they cosigned of the journal.

-- What stands on disk does not change when a CHECK lets more through, so that its text is enough
-- (www.sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''canary-failed'')', '''canary-failed'', ''witness-missing'')')
    WHERE type = 'table' AND name = 'troubles';
PRAGMA writable_schema = RESET;

-- A witness's cosignature of a checkpoint: of the newest that had enough of them, and of the head.
CREATE TABLE cosignatures (
    size       INTEGER NOT NULL,              -- entries of the checkpoint
    witness    TEXT    NOT NULL,              -- the witness's verifier key
    checkpoint TEXT    NOT NULL,              -- under the journal's own signature
    line       TEXT    NOT NULL,              -- the cosignature's line, with its newline
    at         INTEGER NOT NULL,              -- when it came
    PRIMARY KEY (size, witness)
) STRICT;

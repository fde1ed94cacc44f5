-- Witnesses: what they cosigned of the journal.

ALTER TABLE troubles DROP CONSTRAINT troubles_topic_check;
ALTER TABLE troubles ADD CONSTRAINT troubles_topic_check CHECK (topic IN
    ('urgent-case', 'due-soon', 'overdue', 'agency-unreachable', 'delivery-given-up',
    'certificate-expiring', 'crl-stale', 'calendar-missing', 'reconciliation-difference', 'job-failed',
    'journal-fault', 'backup-failed', 'canary-failed', 'witness-missing'));

-- A witness's cosignature of a checkpoint: of the newest that had enough of them, and of the head.
CREATE TABLE cosignatures (
    size       BIGINT  NOT NULL,              -- entries of the checkpoint
    witness    TEXT    NOT NULL,              -- the witness's verifier key
    checkpoint TEXT    NOT NULL,              -- under the journal's own signature
    line       TEXT    NOT NULL,              -- the cosignature's line, with its newline
    at         BIGINT  NOT NULL,              -- when it came
    PRIMARY KEY (size, witness)
);

-- Certificates that the platform relies on, and operators that it reports.

ALTER TABLE cases DROP CONSTRAINT cases_topic_check;
ALTER TABLE cases ADD CONSTRAINT cases_topic_check CHECK (topic IN
    ('complaint', 'disposal', 'inspection', 'assistance', 'lead', 'service', 'certificate', 'operator'));
ALTER TABLE cases DROP CONSTRAINT cases_state_check;
ALTER TABLE cases ADD CONSTRAINT cases_state_check CHECK (state IN
    ('received', 'acknowledged', 'replied', 'closed', 'returned', 'withdrawn', 'disposed',
     'instructed', 'sampled', 'tested', 'objected', 'retested', 'final',
     'requested', 'approved', 'released', 'refused', 'pushed', 'accepted', 'filed', 'concluded', 'published',
     'asked', 'valid', 'suspended', 'lapsed', 'reported'));

-- Until when a certificate holds, by the last word of its authority.
CREATE TABLE certificates (
    case_id     TEXT   NOT NULL PRIMARY KEY REFERENCES cases (id),
    valid_until TEXT   NOT NULL,              -- its last day, YYYY-MM-DD
    lapsed_at   BIGINT                        -- when the platform was told that the day has passed
);
CREATE INDEX certificates_due ON certificates (valid_until, case_id) WHERE lapsed_at IS NULL;

-- Cases may be about an inspection.
ALTER TABLE cases
    DROP CONSTRAINT cases_topic_check,
    ADD CONSTRAINT cases_topic_check CHECK (topic IN ('complaint', 'disposal', 'inspection')),
    DROP CONSTRAINT cases_state_check,
    ADD CONSTRAINT cases_state_check CHECK (state IN
        ('received', 'acknowledged', 'replied', 'closed', 'returned', 'withdrawn', 'disposed',
         'instructed', 'sampled', 'tested', 'objected', 'retested', 'final'));

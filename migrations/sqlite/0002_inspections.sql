-- Cases may be about an inspection. SQLite changes no CHECK list in place: the table is made anew. Records, events
-- and deliveries refer to its rows, so the references are looked at when all is done.
PRAGMA defer_foreign_keys = ON;
CREATE TABLE cases_before AS SELECT * FROM cases;
DROP TABLE cases;

-- The thread of everything exchanged about one matter.
CREATE TABLE cases (
    id                  TEXT    NOT NULL PRIMARY KEY,
    agency_id           TEXT    NOT NULL,
    topic               TEXT    NOT NULL CHECK (topic IN ('complaint', 'disposal', 'inspection')),
    registration_number TEXT    NOT NULL,
    state               TEXT    NOT NULL CHECK (state IN
        ('received', 'acknowledged', 'replied', 'closed', 'returned', 'withdrawn', 'disposed',
         'instructed', 'sampled', 'tested', 'objected', 'retested', 'final')),
    region              TEXT    NOT NULL,     -- six digits of GB/T 2260
    opened_at           INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,     -- changes with the state
    version             INTEGER NOT NULL,     -- grows by one with each change
    UNIQUE (agency_id, topic, registration_number)
) STRICT;
CREATE INDEX cases_state ON cases (state, id);

INSERT INTO cases SELECT * FROM cases_before;
DROP TABLE cases_before;

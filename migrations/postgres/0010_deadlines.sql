-- Deadlines: until when something must be done in a case, and by which law.

-- The texts of rule sets that cases began with, as they were.
CREATE TABLE rule_sets (
    digest   BYTEA  NOT NULL PRIMARY KEY CHECK (length(digest) = 32), -- SHA-256 of the text
    id       TEXT   NOT NULL,
    text     TEXT   NOT NULL,
    known_at BIGINT NOT NULL                 -- when it was first in use
);

CREATE TABLE deadlines (
    case_id         TEXT   NOT NULL REFERENCES cases (id),
    name            TEXT   NOT NULL,         -- the rule's, or 'stated': the agency's own day
    round           BIGINT NOT NULL,         -- from 1; grows when the case is given back
    who             TEXT   NOT NULL CHECK (who IN ('platform', 'agency')),
    rule_set        TEXT,                    -- id, digest and calendar; absent where the agency stated the day
    rule_set_digest BYTEA  CHECK (length(rule_set_digest) = 32),
    calendar        TEXT,
    started_at      BIGINT NOT NULL,
    due_at          BIGINT,                  -- the last moment; absent while paused, or while the calendar lacks a year
    missing_year    BIGINT,                  -- that year
    warn_at         BIGINT,                  -- from when on it is due soon
    pauses          TEXT   NOT NULL,         -- JSON: what does not count; the last may be open
    extensions      BIGINT NOT NULL,
    ended_at        BIGINT,                  -- done, or the case is over
    missed_at       BIGINT,                  -- when its last moment passed, as it was noticed
    warned_at       BIGINT,                  -- when it was told that it is due soon
    PRIMARY KEY (case_id, name, round),
    CHECK ((rule_set IS NULL) = (rule_set_digest IS NULL) AND (rule_set IS NULL) = (calendar IS NULL))
);
CREATE INDEX deadlines_due ON deadlines (due_at) WHERE ended_at IS NULL AND missed_at IS NULL;
CREATE INDEX deadlines_warn ON deadlines (warn_at) WHERE ended_at IS NULL AND missed_at IS NULL AND warned_at IS NULL;
CREATE INDEX deadlines_missed ON deadlines (missed_at) WHERE ended_at IS NULL AND missed_at IS NOT NULL;
CREATE INDEX deadlines_uncounted ON deadlines (missing_year) WHERE ended_at IS NULL AND missing_year IS NOT NULL;

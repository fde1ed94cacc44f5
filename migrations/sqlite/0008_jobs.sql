-- What is done by the clock: jobs, and their runs.

CREATE TABLE jobs (
    name       TEXT   NOT NULL PRIMARY KEY,   -- sync:<agency>:<name>, keep:<what>, …
    made_until INTEGER NOT NULL,                -- what was due up to here has its runs, or was passed over
    mark       TEXT   NOT NULL,               -- JSON: how far the job has come over all its runs
    paused_at  INTEGER,
    paused_by  TEXT,
    paused_why TEXT
) STRICT;

-- One run, made once whoever makes it.
CREATE TABLE job_runs (
    id           TEXT   NOT NULL PRIMARY KEY,
    job          TEXT   NOT NULL REFERENCES jobs (name),
    scheduled_at INTEGER NOT NULL,
    cause        TEXT   NOT NULL CHECK (cause IN ('clock', 'hand')),
    state        TEXT   NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'skipped')),
    attempts     INTEGER NOT NULL,              -- begun so far
    next_at      INTEGER,                       -- absent once it has ended
    lease_token  TEXT,
    lease_holder TEXT,
    lease_until  INTEGER,
    started_at   INTEGER,
    finished_at  INTEGER,
    progress     TEXT   NOT NULL,             -- JSON: how far this run is
    detail       TEXT,                        -- what it did, or what it failed of
    UNIQUE (job, scheduled_at, cause)
) STRICT;
CREATE INDEX job_runs_open ON job_runs (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX job_runs_job ON job_runs (job, scheduled_at);

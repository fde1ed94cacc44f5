-- Certificates that the platform relies on, and operators that it reports.

-- What stands on disk does not change when a CHECK lets more through, so that its text is enough
-- (www.sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
    '''lead'', ''service'')', '''lead'', ''service'', ''certificate'', ''operator'')'),
    '''concluded'', ''published'')', '''concluded'', ''published'',
         ''asked'', ''valid'', ''suspended'', ''lapsed'', ''reported'')')
    WHERE type = 'table' AND name = 'cases';
PRAGMA writable_schema = RESET;

-- Until when a certificate holds, by the last word of its authority.
CREATE TABLE certificates (
    case_id     TEXT    NOT NULL PRIMARY KEY REFERENCES cases (id),
    valid_until TEXT    NOT NULL,             -- its last day, YYYY-MM-DD
    lapsed_at   INTEGER                       -- when the platform was told that the day has passed
) STRICT;
CREATE INDEX certificates_due ON certificates (valid_until, case_id) WHERE lapsed_at IS NULL;

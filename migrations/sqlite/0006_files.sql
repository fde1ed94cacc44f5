-- Files as a channel: what a person uploads, and what is exchanged through folders.

-- Who brought it, where that was somebody of the platform's.
ALTER TABLE submissions ADD COLUMN actor TEXT;
-- A file comes without a certificate. What stands on disk does not change when a NOT NULL goes, so that its text is
-- enough (www.sqlite.org/lang_altertable.html, section 7): no table of bodies is copied.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'BLOB    NOT NULL CHECK (length(certificate) = 32), -- fingerprint of the sender''s',
    'BLOB    CHECK (length(certificate) = 32), -- fingerprint of the sender''s; absent for a file')
    WHERE type = 'table' AND name = 'submissions';
PRAGMA writable_schema = RESET;

-- When it was laid into the agency's folder. It is sent from then on, and received when the agency took it away.
ALTER TABLE deliveries ADD COLUMN placed_at INTEGER;
-- The mark of that folder: an empty one in its place, of a share that is away, has another.
ALTER TABLE deliveries ADD COLUMN placed_in TEXT;
CREATE INDEX deliveries_placed ON deliveries (destination, sequence) WHERE state = 'sent' AND placed_at IS NOT NULL;

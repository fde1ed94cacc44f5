-- Files as a channel: what a person uploads, and what is exchanged through folders.

-- Who brought it, where that was somebody of the platform's.
ALTER TABLE submissions ADD COLUMN actor TEXT;
-- A file comes without a certificate.
ALTER TABLE submissions ALTER COLUMN certificate DROP NOT NULL;

-- When it was laid into the agency's folder. It is sent from then on, and received when the agency took it away.
ALTER TABLE deliveries ADD COLUMN placed_at BIGINT;
-- The mark of that folder: an empty one in its place, of a share that is away, has another.
ALTER TABLE deliveries ADD COLUMN placed_in TEXT;
CREATE INDEX deliveries_placed ON deliveries (destination, sequence) WHERE state = 'sent' AND placed_at IS NOT NULL;

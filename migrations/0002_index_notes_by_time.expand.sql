-- transaction: none
CREATE INDEX CONCURRENTLY notes_by_time ON notes (created_at DESC);

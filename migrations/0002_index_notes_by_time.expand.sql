-- transaction: none
CREATE INDEX CONCURRENTLY IF NOT EXISTS notes_by_time ON notes (created_at DESC);

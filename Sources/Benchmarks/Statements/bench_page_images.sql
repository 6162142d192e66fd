-- Purpose: bytes of full pages in a stretch of the write-ahead log. $1 from, $2 to.
-- Index:   none: reads the log.  Locks: none.  Rows: one.
SELECT coalesce(sum(s.fpi_size), 0)::bigint FROM pg_get_wal_stats($1::text::pg_lsn, $2::text::pg_lsn) AS s

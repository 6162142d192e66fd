-- Purpose: the server's settings that a figure depends on.  Index, locks: none.  Rows: one per setting.
SELECT s.name, current_setting(s.name) FROM pg_settings s
WHERE s.name IN ('autovacuum', 'checkpoint_timeout', 'fsync', 'full_page_writes', 'jit', 'max_connections',
  'max_wal_size', 'shared_buffers', 'synchronous_commit', 'wal_buffers', 'wal_compression', 'wal_level',
  'wal_sync_method', 'work_mem')
ORDER BY s.name

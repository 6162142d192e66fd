-- See 0017: rows are deleted with the history's partition.
ALTER TABLE twinmill.probe_writes REPLICA IDENTITY FULL;

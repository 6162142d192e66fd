DELETE FROM twinmill.job_tables WHERE table_name = 'probe_writes';
DROP TABLE twinmill.probe_writes;

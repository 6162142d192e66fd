DELETE FROM twinmill.job_tables WHERE table_name = 'probe_effects';
DROP TABLE twinmill.probe_effects;

-- Removes the tables of the queue; `migrate down` asks first when jobs are waiting.

DROP TYPE twinmill.job_request;
DROP TABLE twinmill.job_history;
DROP TABLE twinmill.live_jobs;
DROP SEQUENCE twinmill.requeue_sequence;
DROP TABLE twinmill.lanes;
DROP TABLE twinmill.queue_settings;
DROP TYPE twinmill.final_state;
DROP TYPE twinmill.job_state;
DROP TABLE twinmill.kinds;
DROP TABLE twinmill.job_tables;
DROP TABLE twinmill.routines;
DROP TABLE twinmill.settings;

-- Removes the tables of the queue; `migrate down` asks first when jobs are waiting.

DROP VIEW twinmill.queues;
DROP VIEW twinmill.all_jobs;
DROP TABLE twinmill.job_history;
DROP TABLE twinmill.jobs;
DROP TYPE twinmill.final_state;
DROP TYPE twinmill.job_state;
DROP TABLE twinmill.kinds;
DROP TABLE twinmill.settings;

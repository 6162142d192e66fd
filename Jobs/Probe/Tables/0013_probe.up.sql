-- The rows that probes write: each can be counted against its attempt. There is no key, because a double must show.
CREATE TABLE twinmill.probe_writes (
  job_id   bigint NOT NULL,
  attempt  integer NOT NULL,
  n        integer NOT NULL,
  token    uuid NOT NULL
);
COMMENT ON TABLE twinmill.probe_writes IS
  'Rows written by jobs of the kind probe (argument rows), by job, attempt and claim';
CREATE INDEX probe_writes_job ON twinmill.probe_writes (job_id);
INSERT INTO twinmill.job_tables (table_name, kind) VALUES ('probe_writes', 'probe');

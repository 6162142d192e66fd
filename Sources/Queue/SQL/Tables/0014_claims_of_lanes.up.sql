-- One claim may take jobs from many lanes of a kind: its `lane` is then 0. Lanes with work are found by position.
ALTER TABLE twinmill.claims
  ADD COLUMN first_position bigint,
  ADD COLUMN lanes          integer[],
  ADD COLUMN queues         text[] COLLATE "C";
COMMENT ON COLUMN twinmill.claims.lane IS 'The lane of all its jobs; 0: they are of several lanes';
COMMENT ON COLUMN twinmill.claims.first_position IS 'The lowest position that this claim took';
COMMENT ON COLUMN twinmill.claims.last_position IS 'The highest position that this claim took from its lane queues';
COMMENT ON COLUMN twinmill.claims.lanes IS 'The lane of each of job_ids; NULL: all are of the one lane';
COMMENT ON COLUMN twinmill.claims.queues IS 'The queues of several lanes; NULL: the queue of the one lane';

-- Fresh jobs have it in jobs_pkey: a worker reads from the last position that it saw, and so finds the lanes that have
-- work again, however many others have some.
CREATE INDEX jobs_requeued ON twinmill.live_jobs (requeue_seq)
  WHERE state = 'ready' AND crashes < 2 AND requeue_seq IS NOT NULL;

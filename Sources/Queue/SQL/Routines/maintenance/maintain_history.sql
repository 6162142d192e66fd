-- Purpose: makes the partition of one coming day, or drops one partition past retention. It changes one per call,
--          because then no lock outlives its change. It returns no row when there is nothing to do, or when a long
--          statement is in the way until the next round.
-- Index:   none. It reads pg_inherits and the default partition.
-- Locks:   its row of twinmill.turns. To make a partition: SHARE UPDATE EXCLUSIVE on job_history, ACCESS EXCLUSIVE on its default partition. Jobs
--          go on finishing, because their inserts lock neither. To drop one: ACCESS EXCLUSIVE on job_history for an
--          instant. Later statements wait while this lock is waited for, so the wait is at most 100 ms, and once per
--          round.
-- Rows:    the partition made or dropped.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.maintain_history(days_ahead integer DEFAULT 3, retention interval DEFAULT '30 days')
RETURNS TABLE (partition text, action text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
SET timezone = 'UTC'
AS $$
DECLARE
  day date;
  owned record;
BEGIN
  PERFORM FROM twinmill.turns t WHERE t.name = 'maintain_history' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;

  SELECT min(wanted.day) INTO day
  FROM (
    -- The days of rows in the default partition, and the coming days.
    SELECT d.finished_at::date AS day FROM twinmill.job_history_default d
    UNION
    SELECT generate_series(current_date, current_date + days_ahead, '1 day')::date
  ) AS wanted
  WHERE to_regclass('twinmill.job_history_' || to_char(wanted.day, 'YYYYMMDD')) IS NULL;
  IF day IS NOT NULL THEN
    partition := 'job_history_' || to_char(day, 'YYYYMMDD');
    action := 'created';
    -- The locks come first: a job that ends between the move and the attachment would make the attachment fail.
    LOCK TABLE ONLY twinmill.job_history IN SHARE UPDATE EXCLUSIVE MODE;
    LOCK TABLE twinmill.job_history_default IN ACCESS EXCLUSIVE MODE;
    -- It is filled before it is attached, with the rows that the default partition took for that day.
    EXECUTE format('CREATE TABLE twinmill.%I (LIKE twinmill.job_history INCLUDING DEFAULTS)', partition);
    -- For publications; neither LIKE nor ATTACH brings it.
    EXECUTE format('ALTER TABLE twinmill.%I REPLICA IDENTITY FULL', partition);
    EXECUTE format(
      'WITH moved AS (DELETE FROM twinmill.job_history_default WHERE finished_at >= %L AND finished_at < %L
                      RETURNING *)
       INSERT INTO twinmill.%I SELECT * FROM moved', day::timestamptz, (day + 1)::timestamptz, partition);
    EXECUTE format('ALTER TABLE twinmill.job_history ATTACH PARTITION twinmill.%I FOR VALUES FROM (%L) TO (%L)',
      partition, day::timestamptz, (day + 1)::timestamptz);
    RETURN NEXT;
    RETURN;
  END IF;

  SELECT min(c.relname) INTO partition
  FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
  WHERE i.inhparent = 'twinmill.job_history'::regclass AND c.relname ~ '^job_history_[0-9]{8}$'
    AND to_date(right(c.relname, 8), 'YYYYMMDD') + 1 <= (now() - retention)::date;
  IF partition IS NOT NULL THEN
    action := 'dropped';
    -- The rows that kinds write for each job go with the jobs.
    FOR owned IN SELECT t.table_name, t.kind FROM twinmill.job_tables t ORDER BY t.table_name LOOP
      EXECUTE format('DELETE FROM twinmill.%I t USING twinmill.%I h WHERE h.job_id = t.job_id AND h.kind = %L',
        owned.table_name, partition, owned.kind);
    END LOOP;
    EXECUTE format('DROP TABLE twinmill.%I', partition);
    RETURN NEXT;
  END IF;
EXCEPTION WHEN lock_not_available THEN
  RETURN;
END $$;
COMMENT ON FUNCTION twinmill.maintain_history(integer, interval) IS
  'Makes or drops one day partition of the history; workers call it every ten minutes, until it returns no row';

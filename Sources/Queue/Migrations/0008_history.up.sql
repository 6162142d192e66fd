-- Day partitions of the history: made ahead, dropped by retention.

-- Purpose: make the partitions of the coming days, drop those past retention.
-- Locks: ACCESS EXCLUSIVE on job_history for an instant; a partition that cannot be had within 200 ms is left to the
-- next call, the others are not.
CREATE FUNCTION twinmill.maintain_history(days_ahead integer DEFAULT 3, retention interval DEFAULT '30 days')
RETURNS TABLE (partition text, action text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms'
SET timezone = 'UTC'
AS $$
DECLARE
  day date;
  name text;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('twinmill.maintain_history')) THEN
    RETURN;
  END IF;
  FOR day IN
    -- Days that are in the default partition already, and those to come.
    SELECT d.finished_at::date FROM twinmill.job_history_default d
    UNION
    SELECT generate_series(current_date, current_date + days_ahead, '1 day')::date
    ORDER BY 1
  LOOP
    name := 'job_history_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(format('twinmill.%I', name)) IS NOT NULL;
    BEGIN
      -- Filled before it is attached: what the default partition took for that day moves over.
      EXECUTE format('CREATE TABLE twinmill.%I (LIKE twinmill.job_history INCLUDING DEFAULTS)', name);
      EXECUTE format(
        'WITH moved AS (DELETE FROM twinmill.job_history_default WHERE finished_at >= %L AND finished_at < %L
                        RETURNING *)
         INSERT INTO twinmill.%I SELECT * FROM moved', day::timestamptz, (day + 1)::timestamptz, name);
      EXECUTE format('ALTER TABLE twinmill.job_history ATTACH PARTITION twinmill.%I FOR VALUES FROM (%L) TO (%L)',
        name, day::timestamptz, (day + 1)::timestamptz);
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
    partition := name;
    action := 'created';
    RETURN NEXT;
  END LOOP;
  FOR name IN
    SELECT c.relname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
    WHERE i.inhparent = 'twinmill.job_history'::regclass AND c.relname ~ '^job_history_[0-9]{8}$'
      AND to_date(right(c.relname, 8), 'YYYYMMDD') + 1 <= (now() - retention)::date
  LOOP
    BEGIN
      EXECUTE format('DROP TABLE twinmill.%I', name);
    EXCEPTION WHEN lock_not_available THEN
      CONTINUE;
    END;
    partition := name;
    action := 'dropped';
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.maintain_history(integer, interval) IS
  'Makes the history''s day partitions and drops old ones; workers call it every ten minutes';
REVOKE ALL ON FUNCTION twinmill.maintain_history(integer, interval) FROM PUBLIC;
SELECT twinmill.maintain_history();

-- Purpose: records a span that the server's clock passed twice. $1 the worker that noticed, $2 and $3 the span's ends.
--          Spans older than the history are of no use any more.
-- Index:   clock_steps_pkey.
-- Locks:   the new row, and rows that are deleted.
-- Rows:    none.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.note_clock_step(worker uuid, from_time timestamptz, until_time timestamptz)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM twinmill.clock_steps s
  WHERE s.until_time < coalesce((SELECT min(h.finished_at) FROM twinmill.job_history h), now()) - interval '1 day';
  INSERT INTO twinmill.clock_steps (noticed_by, from_time, until_time)
  VALUES (worker, note_clock_step.from_time, note_clock_step.until_time)
  ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION twinmill.note_clock_step(uuid, timestamptz, timestamptz) IS
  'Records that the server''s clock was set back; workers call it';

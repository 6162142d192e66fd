-- Purpose: notifies the workers of a queue that jobs are ready. The notification is a hint, because workers poll as
--          well.
-- Index:   settings_pkey.
-- Locks:   two advisory ones until the transaction ends. It never waits for them.
-- Rows:    none.
-- A commit with a NOTIFY holds a lock of the whole database while it is written to disk. Such commits follow one
-- another, and no two of them share a flush. Of all transactions that enqueue into a queue within the same 10 ms (the
-- throttle window) only one notifies, and no other waits for it. A session whose calls follow one another notifies
-- twice in a window.
-- The workers find the other jobs too. Each of those transactions holds the shared lock below until it has committed. A
-- worker that is notified looks again until nobody holds that lock (Listener.swift). After two notifications in a row
-- it looks for at least 10 ms. One case waits for the next poll: a job enqueued within 10 ms of another one, whose
-- transaction goes on for longer or rolls back, if nobody enqueues after it.
-- Measured, single calls of twinmill.enqueue per second. pgbench, two busy cores, a disk that flushes in 0.2 to 3 ms;
-- medians of 9 interleaved rounds of 2 s, 3 each with 0, 1 and 10 listeners:
--   clients   never NOTIFY   NOTIFY in each   as here
--      4          1,624            513         1,406
--     16          3,961            440         3,526
-- With 10 listeners and 16 clients: 3,944, 440 and 3,526. One client alone shares no flush and sees no difference. A
-- NOTIFY costs such a session 15 µs of CPU per call, of 80. A window of 5 ms is no better for the worker, which looks
-- again after 1, 2 and 4 ms, and it would notify twice as often.
-- It has few expressions, as insert_job: a call that does not notify evaluates one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.wake(queue text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  throttle_window text := queue || ' ' || (date_part('epoch', clock_timestamp()) * 100)::bigint;
BEGIN
  -- twinmill.woken: queues that this transaction has handled. It takes one throttle lock for each queue, not one every
  -- 10 ms. twinmill.notified: the last window in which this session notified, and whether it did so twice; a rollback
  -- undoes it with the notification. A call misses the shared lock only while a listener looks whether anybody holds
  -- it. The throttle does not count then.
  IF queue = ANY (string_to_array(current_setting('twinmill.woken', true), ' '))
    OR (pg_try_advisory_xact_lock_shared(hashtextextended('twinmill.wake', 0))
        AND (current_setting('twinmill.notified', true) = throttle_window || ' twice'
             OR NOT pg_try_advisory_xact_lock(hashtextextended(throttle_window, 0))))
  THEN
    RETURN;
  END IF;
  PERFORM set_config('twinmill.woken', concat_ws(' ', current_setting('twinmill.woken', true), queue), true),
          set_config('twinmill.notified',
                     CASE current_setting('twinmill.notified', true)
                       WHEN throttle_window THEN throttle_window || ' twice' ELSE throttle_window END, false);
  IF EXISTS (SELECT FROM twinmill.settings s WHERE s.name = 'notify' AND s.value = 'false') THEN RETURN; END IF;
  -- The payload is the name of the queue, never more.
  PERFORM pg_notify('twinmill_jobs', queue);
END $$;
COMMENT ON FUNCTION twinmill.wake(text) IS 'Notifies the workers of a queue; enqueueing does it by itself';

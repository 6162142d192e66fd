-- Purpose: tell workers that jobs of a queue are ready. Only a hint: they poll.
--          A commit with a NOTIFY holds a lock of the whole database while it is written to disk: such commits follow
--          one another, and no two share a flush. So of all transactions that enqueue within the same 10 ms only one
--          notifies, and nobody waits for it; and a session whose calls follow one another notifies twice in 10 ms, not
--          with each. The others are found all the same: each holds the shared lock below until it has committed, and who
--          is notified looks again until nobody holds it, after two notifications in a row for at least 10 ms
--          (Listener.swift). Late by up to the poll interval is only a job enqueued within 10 ms of one whose transaction
--          goes on for longer or rolls back, and only if nobody enqueues after it.
--          Measured, single calls of twinmill.enqueue per second (pgbench, two busy cores, a disk that flushes in 0.2 to
--          3 ms; medians of 9 interleaved rounds of 2 s, 3 each with 0, 1 and 10 listeners):
--          clients   never NOTIFY   NOTIFY in each   as here
--          4          1,624            513         1,406
--          16          3,961            440         3,526
--          With 10 listeners and 16 clients 3,944, 440 and 3,526; one client alone shares no flush, and sees no difference.
--          A NOTIFY costs a session whose calls follow one another 15 µs of CPU each time, of 80.
--          A turn of 5 ms is no better for the worker (it looks again after 1, 2, 4 ms) and notifies twice as often.
-- Index:   settings_pkey.
-- Locks:   two advisory ones until the transaction ends, never waited for.
-- Rows:    none.
-- As in insert_job, few expressions: those of a call that stays quiet stand in one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.wake(queue text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  throttle_window text := queue || ' ' || (date_part('epoch', clock_timestamp()) * 100)::bigint;
BEGIN
  -- twinmill.woken: queues whose turn this transaction has had; it takes one throttle lock for each, not one every
  -- 10 ms. twinmill.notified: the turn that this session had last, and whether it has notified twice in it; undone with the
  -- notification. The shared lock is missed only while a listener looks whether anybody holds it: then the throttle may
  -- not be used.
  IF queue = ANY (string_to_array(current_setting('twinmill.woken', true), ' '))
    OR (pg_try_advisory_xact_lock_shared(hashtextextended('twinmill.wake', 0))
        AND (current_setting('twinmill.notified', true) = throttle_window || ' twice'
             OR NOT pg_try_advisory_xact_lock(hashtextextended(throttle_window, 0))))
  THEN
    RETURN;
  END IF;
  PERFORM set_config('twinmill.woken', concat_ws(' ', current_setting('twinmill.woken', true), queue), true),
          set_config('twinmill.notified', CASE current_setting('twinmill.notified', true) WHEN throttle_window THEN throttle_window || ' twice'
                                      ELSE throttle_window END, false);
  IF EXISTS (SELECT FROM twinmill.settings s WHERE s.name = 'notify' AND s.value = 'false') THEN RETURN; END IF;
  -- Never more than a queue's name.
  PERFORM pg_notify('twinmill_jobs', queue);
END $$;
COMMENT ON FUNCTION twinmill.wake(text) IS 'Wakes the workers of a queue; enqueueing does it by itself';

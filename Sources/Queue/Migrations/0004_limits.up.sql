-- What operators decide about a queue at run time, and the jobs that wait for their concurrency key. The claims read
-- the settings themselves, so that each decision holds from the next claim on.

-- Purpose: a queue's row of settings, made when it is new.
-- Index: queue_settings_pkey.  Locks: the row.
CREATE FUNCTION twinmill.settings_of(queue text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF queue IS NULL OR queue !~ '^[A-Za-z0-9_.-]{1,63}$' THEN
    RAISE EXCEPTION 'bad queue name %', coalesce(quote_literal(queue), 'NULL') USING ERRCODE = '22023',
      HINT = 'Use 1 to 63 letters, digits, dots, dashes or underscores.';
  END IF;
  INSERT INTO twinmill.queue_settings (queue) VALUES (settings_of.queue) ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION twinmill.pause(queue text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM twinmill.settings_of(queue);
  UPDATE twinmill.queue_settings s SET is_paused = true WHERE s.queue = pause.queue;
END $$;
COMMENT ON FUNCTION twinmill.pause(text) IS 'No more claims from the queue from now on; what runs goes on';

CREATE FUNCTION twinmill.resume(queue text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM twinmill.settings_of(queue);
  UPDATE twinmill.queue_settings s SET is_paused = false WHERE s.queue = resume.queue;
  PERFORM twinmill.wake(queue);
END $$;
COMMENT ON FUNCTION twinmill.resume(text) IS 'Ends twinmill.pause';

-- All limits of a queue at once: what is left out has no limit.
CREATE FUNCTION twinmill.limit_queue(
  queue text, running integer DEFAULT NULL, running_per_key integer DEFAULT NULL, rate integer DEFAULT NULL,
  per interval DEFAULT '1 second', ageing interval DEFAULT '1 minute')
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM twinmill.settings_of(queue);
  IF running < 0 THEN
    RAISE EXCEPTION 'running must be at least 0, not %', running USING ERRCODE = '22023',
      HINT = '0 stops the queue; leave it out for no limit.';
  ELSIF running_per_key < 1 THEN
    RAISE EXCEPTION 'running_per_key must be at least 1, not %', running_per_key USING ERRCODE = '22023',
      HINT = 'Leave it out for no limit.';
  ELSIF rate < 1 THEN
    RAISE EXCEPTION 'rate must be at least 1, not %', rate USING ERRCODE = '22023',
      HINT = 'For less than one a second use a longer period: rate => 1, per => ''10 seconds''.';
  ELSIF per IS NULL OR per <= interval '0' THEN
    RAISE EXCEPTION 'per must be positive, not %', coalesce(per::text, 'NULL') USING ERRCODE = '22023',
      HINT = 'For example per => ''1 minute''.';
  ELSIF ageing IS NULL OR ageing < interval '0' THEN
    RAISE EXCEPTION 'ageing must not be negative, not %', coalesce(ageing::text, 'NULL') USING ERRCODE = '22023',
      HINT = 'How long a job must wait to be worth one step of priority, for example ageing => ''1 minute''.';
  END IF;
  UPDATE twinmill.queue_settings s
  SET max_running = limit_queue.running, max_running_per_key = limit_queue.running_per_key, rate = limit_queue.rate,
      rate_seconds = extract(epoch FROM per), ageing_seconds = extract(epoch FROM ageing),
      -- A changed rate starts with a full bucket.
      rate_left_at = CASE WHEN s.rate IS DISTINCT FROM limit_queue.rate THEN '-infinity' ELSE s.rate_left_at END
  WHERE s.queue = limit_queue.queue;
  PERFORM twinmill.wake(queue);
END $$;
COMMENT ON FUNCTION twinmill.limit_queue(text, integer, integer, integer, interval, interval) IS
  'Sets all limits of a queue: jobs running at once, of one concurrency_key at once, started per period; ageing is '
  'the wait that is worth one step of priority';

-- Purpose: the starts that a queue's rate leaves now: a bucket that fills evenly. Time counts in both directions: a clock
--          that goes back must not close the queue until it is where it was. The planner puts the body in its place.
CREATE FUNCTION twinmill.starts_left(s twinmill.queue_settings) RETURNS double precision
LANGUAGE sql VOLATILE
AS $$
  SELECT CASE WHEN s.rate_left_at = '-infinity' THEN s.rate
              ELSE least(s.rate, s.rate_left + s.rate / s.rate_seconds
                                 * abs(date_part('epoch', clock_timestamp() - s.rate_left_at))) END
$$;
COMMENT ON FUNCTION twinmill.starts_left(twinmill.queue_settings) IS 'Jobs that the rate of a queue lets start now';

-- Purpose: make jobs ready that wait for their concurrency key, as many as the key has room for.
--          $1 the keys to look at; NULL: all in turn, a thousand a call of the session: full ones must not hide others.
-- Index:   jobs_parked, by skipping from key to key; claims is short.
-- Locks:   the jobs' rows; rows that others hold are skipped.  Rows: how many became ready.
CREATE FUNCTION twinmill.unpark(keys text[] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  seen text := coalesce(current_setting('twinmill.unparked', true), '');
  woken bigint[];
BEGIN
  PERFORM FROM twinmill.live_jobs j
  WHERE j.state = 'blocked' AND j.concurrency_key IS NOT NULL AND j.waits_for = 0
  ORDER BY j.concurrency_key LIMIT 1;
  -- Nearly always nobody waits.
  IF NOT FOUND THEN RETURN 0; END IF;

  IF keys IS NULL THEN
    keys := ARRAY(
      WITH RECURSIVE parked(key) AS (
        (SELECT j.concurrency_key FROM twinmill.live_jobs j
         WHERE j.state = 'blocked' AND j.concurrency_key IS NOT NULL AND j.waits_for = 0 AND j.concurrency_key > seen
         ORDER BY j.concurrency_key LIMIT 1)
        UNION ALL
        SELECT next.concurrency_key FROM parked p, LATERAL (
          SELECT j.concurrency_key FROM twinmill.live_jobs j
          WHERE j.state = 'blocked' AND j.concurrency_key IS NOT NULL AND j.waits_for = 0 AND j.concurrency_key > p.key
          ORDER BY j.concurrency_key LIMIT 1
        ) AS next
      )
      SELECT p.key FROM parked p LIMIT 1000);
    PERFORM set_config('twinmill.unparked', coalesce(keys[1000], ''), false);
  END IF;

  woken := ARRAY(
    WITH asked AS (
      SELECT DISTINCT k.key FROM unnest(keys) AS k(key)
    ), running AS MATERIALIZED (
      SELECT l.queue, member.key, count(*) AS running
      FROM twinmill.claims c
      CROSS JOIN LATERAL (SELECT l.queue FROM twinmill.lanes l WHERE l.lane = c.lane OFFSET 0) AS l
      CROSS JOIN unnest(c.keys) AS member(key)
      WHERE member.key IS NOT NULL
      GROUP BY l.queue, member.key
    )
    SELECT next.job_id
    FROM asked a
    CROSS JOIN LATERAL (
      SELECT j.job_id, l.queue,
             row_number() OVER (PARTITION BY l.queue ORDER BY j.job_id) AS place
      FROM (SELECT j.job_id, j.lane FROM twinmill.live_jobs j
            WHERE j.state = 'blocked' AND j.concurrency_key = a.key AND j.waits_for = 0
            ORDER BY j.job_id LIMIT 1000) AS j
      CROSS JOIN LATERAL (SELECT l.queue FROM twinmill.lanes l WHERE l.lane = j.lane OFFSET 0) AS l
    ) AS next
    LEFT JOIN twinmill.queue_settings s ON s.queue = next.queue
    LEFT JOIN running r ON r.queue = next.queue AND r.key = a.key
    WHERE s.max_running_per_key IS NULL OR next.place + coalesce(r.running, 0) <= s.max_running_per_key);
  woken := ARRAY(
    SELECT j.job_id FROM twinmill.live_jobs j
    WHERE j.job_id = ANY (woken) AND j.state::text = 'blocked'
    ORDER BY j.job_id FOR UPDATE SKIP LOCKED);
  UPDATE twinmill.live_jobs j SET state = 'ready', turn = nextval('twinmill.turns') WHERE j.job_id = ANY (woken);
  RETURN cardinality(woken);
END $$;
COMMENT ON FUNCTION twinmill.unpark(text[]) IS
  'Makes ready what waits for its concurrency key and has room; the end of a job and the upkeep call it';

-- Purpose: worker-seconds by tenant, of the recent past: what fair shares are measured by. Halves in a minute.
CREATE TABLE twinmill.tenants (
  tenant      text COLLATE "C" PRIMARY KEY,
  weight      double precision NOT NULL DEFAULT 1 CHECK (weight > 0),
  seconds     double precision NOT NULL DEFAULT 0,
  seconds_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE twinmill.tenants IS 'Tenants seen, their weight (share for share) and recent worker-seconds';
COMMENT ON COLUMN twinmill.tenants.seconds IS 'Worker-seconds used as of seconds_at; halves with each minute since';

-- Purpose: add what a worker used since it last said so, and tell the recent use of all.
-- Index: tenants_pkey.  Locks: the tenants' rows, in order; who waits for one longer than 100 ms (somebody has weighed
-- the tenant and not committed) gets 55P03, as upkeep has other things to do.
-- Rows: one per tenant that used anything of late.
CREATE FUNCTION twinmill.share(used_by text[], used_seconds double precision[])
RETURNS TABLE (tenant text, seconds double precision)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $$
  INSERT INTO twinmill.tenants AS t (tenant, seconds)
  SELECT u.tenant, u.seconds FROM unnest(used_by, used_seconds) AS u(tenant, seconds) ORDER BY u.tenant
  ON CONFLICT (tenant) DO UPDATE
  SET seconds = excluded.seconds
        + t.seconds * 0.5 ^ least(greatest(extract(epoch FROM clock_timestamp() - t.seconds_at) / 60, 0), 1000),
      seconds_at = clock_timestamp();
  SELECT t.tenant, t.seconds / t.weight
           * 0.5 ^ least(greatest(extract(epoch FROM clock_timestamp() - t.seconds_at) / 60, 0), 1000)
  FROM twinmill.tenants t
  WHERE t.seconds_at > clock_timestamp() - interval '15 minutes';
$$;
COMMENT ON FUNCTION twinmill.share(text[], double precision[]) IS
  'Adds worker-seconds by tenant and returns the recent use of all by weight; workers call it once a second';

-- Purpose: forget tenants that used nothing of late and weigh as much as everybody: they count as if they were new.
-- Index: none.  Locks: the deleted rows; rows that others hold are skipped.  Rows: how many.
CREATE FUNCTION twinmill.forget_tenants() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
  WITH gone AS (
    DELETE FROM twinmill.tenants t
    WHERE t.tenant IN (
      SELECT o.tenant FROM twinmill.tenants o
      WHERE o.weight = 1 AND o.seconds_at < clock_timestamp() - interval '1 hour' FOR UPDATE SKIP LOCKED)
    RETURNING 1
  )
  SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION twinmill.forget_tenants() IS 'Removes tenants that used nothing of late; workers call it';

CREATE FUNCTION twinmill.weigh_tenant(tenant text, weight double precision) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF weight IS NULL OR NOT weight > 0 OR weight > 1e6 THEN
    RAISE EXCEPTION 'weight must be above 0, not %', coalesce(weight::text, 'NULL') USING ERRCODE = '22023',
      HINT = '1 is the default; 2 gets twice the share while others wait.';
  END IF;
  INSERT INTO twinmill.tenants AS t (tenant, weight) VALUES (weigh_tenant.tenant, weigh_tenant.weight)
  ON CONFLICT ON CONSTRAINT tenants_pkey DO UPDATE SET weight = excluded.weight;
END $$;
COMMENT ON FUNCTION twinmill.weigh_tenant(text, double precision) IS
  'How many shares of the workers a tenant gets while others wait; 1 is the default';

REVOKE ALL ON FUNCTION
  twinmill.settings_of(text), twinmill.pause(text), twinmill.resume(text),
  twinmill.limit_queue(text, integer, integer, integer, interval, interval), twinmill.unpark(text[]),
  twinmill.starts_left(twinmill.queue_settings), twinmill.share(text[], double precision[]), twinmill.forget_tenants(),
  twinmill.weigh_tenant(text, double precision)
FROM PUBLIC;

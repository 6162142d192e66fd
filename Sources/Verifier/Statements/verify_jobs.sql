-- Purpose: returns all that the database knows of each job, one row per source: 0 the history, 1 the live jobs, 2 the
--          rows that probes wrote, by attempt and claim. Errors as "attempt cause worker".
-- Index:   none: everything is read and sorted once.
-- Locks:   none.
-- Rows:    one per job, live or final, and one per set of written rows.
COPY (
  SELECT h.job_id, 0::smallint AS source, h.state::text, h.kind, h.attempt::integer, h.max_attempts::integer,
         h.crashes::integer, h.token, h.claimed_at, h.started_at, h.finished_at, h.result IS NOT DISTINCT FROM 'stored',
         CASE WHEN h.kind = 'probe' THEN coalesce((h.arguments ->> 'rows')::bigint, 0) END,
         h.schedule IS NOT NULL OR h.retry_of IS NOT NULL,
         CASE WHEN h.errors IS NOT NULL THEN (
           SELECT array_agg(concat_ws(' ', e.value ->> 'attempt', e.value ->> 'cause', coalesce(e.value ->> 'worker', ''))
                            ORDER BY e.ordinality)
           FROM jsonb_array_elements(h.errors) WITH ORDINALITY AS e) END,
         NULL::bigint, NULL::integer, NULL::integer
  FROM twinmill.job_history h
  UNION ALL
  SELECT j.job_id, 1::smallint, j.state::text, j.kind, j.attempt, j.max_attempts, j.crashes, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         CASE WHEN j.errors <> '[]' THEN (
           SELECT array_agg(concat_ws(' ', e.value ->> 'attempt', e.value ->> 'cause', coalesce(e.value ->> 'worker', ''))
                            ORDER BY e.ordinality)
           FROM jsonb_array_elements(j.errors) WITH ORDINALITY AS e) END,
         NULL, NULL, NULL
  FROM twinmill.jobs j
  UNION ALL
  SELECT p.job_id, 2::smallint, NULL, NULL, p.attempt, NULL, NULL, p.token, NULL, NULL, NULL, NULL, count(*), NULL, NULL,
         count(DISTINCT p.n), min(p.n), max(p.n)
  FROM twinmill.probe_writes p
  GROUP BY p.job_id, p.attempt, p.token
  ORDER BY job_id, source
) TO STDOUT (FORMAT binary)

-- Purpose: carries out a plan. $1 schedule, $2 planned instants, $3 outcomes, $4 run_at, $5 reasons, $6 planned_until,
--          $7 next_at, $8 the next try if it fails.
-- Index:   see twinmill.apply_tick.
-- Locks:   the schedule's row, already held.
-- Rows:    one.
SELECT a.enqueued, a.error
FROM twinmill.apply_tick($1::text, $2::timestamptz[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz,
                         $7::timestamptz, $8::timestamptz) AS a

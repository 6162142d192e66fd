-- Purpose: carries out plans with one instant to run each. $1 schedules, $2 planned instants, $3 run_at, $4 reasons,
--          $5 planned_until, $6 next_at.
-- Index:   see twinmill.apply_ticks.
-- Locks:   the schedules' rows, already held.
-- Rows:    one per schedule that it carried out; the others are left to apply_tick.
SELECT a.schedule
FROM twinmill.apply_ticks($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::timestamptz[],
                          $6::timestamptz[]) AS a(schedule)

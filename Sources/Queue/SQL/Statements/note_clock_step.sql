-- Purpose: records a span that the server's clock passed twice. $1 worker, $2 and $3 the span's ends.
-- Index:   see twinmill.note_clock_step.
-- Locks:   see twinmill.note_clock_step.
-- Rows:    one.
SELECT twinmill.note_clock_step($1::uuid, $2::timestamptz, $3::timestamptz)

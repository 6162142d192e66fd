-- Purpose: ends waiting jobs that are past their deadline or cancelled, and frees jobs whose key has room.
-- Index:   see twinmill.maintain_waiting.
-- Locks:   see twinmill.maintain_waiting.
-- Rows:    one per action.
SELECT t.action, t.jobs FROM twinmill.maintain_waiting() AS t

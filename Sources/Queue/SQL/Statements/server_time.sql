-- Purpose: returns the server's clock.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
SELECT clock_timestamp()

-- Purpose: returns the number of a lane, and inserts the lane if it is new.
-- Index:   lanes_by_name.
-- Locks:   a new row. No other session waits for it.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.lane(queue text, kind text, tenant text, priority integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  number integer;
BEGIN
  SELECT l.lane INTO number FROM twinmill.lanes l
  WHERE l.queue = lane.queue AND l.kind = lane.kind AND l.tenant = lane.tenant AND l.priority = lane.priority::smallint
  ORDER BY l.lane LIMIT 1;
  IF NOT FOUND THEN
    INSERT INTO twinmill.lanes AS l (queue, kind, tenant, priority)
    VALUES (lane.queue, lane.kind, lane.tenant, lane.priority) RETURNING l.lane INTO number;
  END IF;
  RETURN number;
END $$;
COMMENT ON FUNCTION twinmill.lane(text, text, text, integer) IS
  'The lane of jobs of this queue, kind, tenant and priority';

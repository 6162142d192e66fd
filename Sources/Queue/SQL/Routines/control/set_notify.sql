-- Purpose: turns the notifications of enqueueing on or off, for all sessions.
-- Index:   settings_pkey.
-- Locks:   the setting's row.
-- Rows:    none.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.set_notify(enabled boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF enabled IS NULL THEN
    RAISE EXCEPTION 'enabled must be true or false, not NULL' USING ERRCODE = '22023',
      HINT = 'false: workers find new jobs by polling alone.';
  END IF;
  INSERT INTO twinmill.settings (name, value) VALUES ('notify', to_jsonb(enabled))
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END $$;
COMMENT ON FUNCTION twinmill.set_notify(boolean) IS
  'false: enqueueing sends no NOTIFY, workers poll (TWINMILL_POLL_SECONDS); true, the default: it does';

-- Purpose: inserts the settings row of a queue if the queue has none.
-- Index:   queue_settings_pkey.
-- Locks:   the row.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.settings_of(queue text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF queue IS NULL OR queue !~ '^[A-Za-z0-9_.-]{1,63}$' THEN
    RAISE EXCEPTION 'bad queue name %', coalesce(quote_literal(queue), 'NULL') USING ERRCODE = '22023',
      HINT = 'Use 1 to 63 letters, digits, dots, dashes or underscores.';
  END IF;
  INSERT INTO twinmill.queue_settings (queue) VALUES (settings_of.queue) ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION twinmill.settings_of(text) IS 'Inserts the settings row of a new queue; refuses a bad name';

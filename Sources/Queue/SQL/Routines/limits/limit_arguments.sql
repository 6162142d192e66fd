-- Purpose: sets the most bytes that the arguments of a kind's jobs may take. Jobs that are enqueued already stay.
-- Index:   kinds_pkey.
-- Locks:   the kind's row.
-- Rows:    none.
-- Grant:   twinmill_worker, twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.limit_arguments(kind text, bytes integer DEFAULT 1048576) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF bytes IS NULL OR bytes NOT BETWEEN 1024 AND 67108864 THEN
    RAISE EXCEPTION 'bytes must be between 1024 and 67108864, not %', coalesce(bytes::text, 'NULL')
      USING ERRCODE = '22023',
        HINT = 'A worker holds the arguments of a whole batch in memory; 1048576 is the default.';
  END IF;
  UPDATE twinmill.kinds k SET arguments_limit = bytes WHERE k.name = limit_arguments.kind;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown kind %', coalesce(quote_literal(kind), 'NULL') USING ERRCODE = '22023', HINT =
      coalesce('Known kinds: ' || (SELECT string_agg(k.name, ', ' ORDER BY k.name) FROM twinmill.kinds k) || '.',
               'No kind is registered: run "twinmill migrate up".');
  END IF;
END $$;
COMMENT ON FUNCTION twinmill.limit_arguments(text, integer) IS
  'Sets how many bytes the arguments of a job of this kind may take; 1048576 is the default';

-- Purpose: returns the numbers that one field allows (field 1 is minute, 5 is day of week; L is 0), or raises an error
--          that names the fault.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.cron_numbers(field integer, value text) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  title text := ('{minute,hour,day of month,month,day of week}'::text[])[field];
  low integer := ('{0,0,1,1,0}'::integer[])[field];
  high integer := ('{59,23,31,12,7}'::integer[])[field];
  -- The last number that * and an open step reach: Saturday, not the second Sunday. No longer step can reach a second
  -- number.
  last integer := ('{59,23,31,12,6}'::integer[])[field];
  names text[] := CASE field
    WHEN 4 THEN '{JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC}'::text[]
    WHEN 5 THEN '{SUN,MON,TUE,WED,THU,FRI,SAT}'::text[]
    ELSE '{}' END;
  kind text := ('{is not a number,is not a number,is neither a number nor L,is neither a number nor one of JAN-DEC,'
    'is neither a number nor one of SUN-SAT}'::text[])[field];
  numbers integer[] := '{}';
  item text;
  parts text[];
  ends text[];
  bounds integer[];
  name text;
  step integer;
  fault text;
BEGIN
  FOREACH item IN ARRAY string_to_array(value, ',') LOOP
    parts := string_to_array(item, '/');
    step := 1;
    IF item = '' THEN
      fault := 'empty list item';
    ELSIF cardinality(parts) > 2 THEN
      fault := format('more than one "/" in "%s"', item);
    ELSIF field = 3 AND upper(parts[1] COLLATE "C") = 'L' THEN
      IF cardinality(parts) = 2 THEN
        fault := 'L takes no step';
      END IF;
      bounds := '{0,0}';
    ELSIF parts[1] = '*' THEN
      bounds := ARRAY[low, last];
    ELSE
      ends := CASE WHEN parts[1] = '' THEN '{""}' ELSE string_to_array(parts[1], '-') END;
      bounds := '{}';
      IF cardinality(ends) > 2 THEN
        fault := format('"%s" is not a range', parts[1]);
      ELSE
        FOREACH name IN ARRAY ends LOOP
          IF upper(name COLLATE "C") = ANY (names) THEN
            bounds := bounds || (low + array_position(names, upper(name COLLATE "C")) - 1);
          ELSIF name !~ '^[0-9]+$' THEN
            fault := format('"%s" %s', name, kind);
          ELSIF length(name) > 9 OR name::integer NOT BETWEEN low AND high THEN
            fault := format('%s is outside %s-%s', name, low, high);
          ELSE
            bounds := bounds || name::integer;
          END IF;
          EXIT WHEN fault IS NOT NULL;
        END LOOP;
      END IF;
      IF fault IS NULL AND cardinality(ends) = 2 THEN
        -- FRI-SUN: a week that ends on Sunday.
        IF field = 5 AND upper(ends[2] COLLATE "C") = 'SUN' AND bounds[1] > 0 THEN
          bounds[2] := 7;
        END IF;
        IF bounds[1] > bounds[2] THEN
          fault := format('range %s runs backwards', parts[1]);
        END IF;
      ELSIF fault IS NULL THEN
        bounds[2] := CASE WHEN cardinality(parts) = 2 THEN last ELSE bounds[1] END;
      END IF;
    END IF;
    IF fault IS NULL AND cardinality(parts) = 2 THEN
      IF parts[2] !~ '^[0-9]+$' THEN
        fault := format('"%s" is not a step', parts[2]);
      ELSIF length(parts[2]) > 9 OR parts[2]::integer NOT BETWEEN 1 AND last THEN
        fault := format('step %s is outside 1-%s', parts[2], last);
      ELSE
        step := parts[2];
      END IF;
    END IF;
    IF fault IS NOT NULL THEN
      RAISE EXCEPTION '% field "%": %', title, value, fault USING ERRCODE = '22023', HINT = CASE field
        WHEN 1 THEN 'Minutes are 0-59, *, lists, ranges and steps, as in */15 or 0,30.'
        WHEN 2 THEN 'Hours are 0-23, *, lists, ranges and steps, as in 9-17 or */6.'
        WHEN 3 THEN 'Days of the month are 1-31, L (the last), *, lists, ranges and steps, as in 1,15.'
        WHEN 4 THEN 'Months are 1-12 or JAN-DEC, *, lists, ranges and steps, as in JAN,JUL.'
        ELSE 'Days of the week are 0-7 (0 and 7 are Sunday) or SUN-SAT, *, lists, ranges and steps, as in MON-FRI.' END;
    END IF;
    numbers := numbers || ARRAY(SELECT generate_series(bounds[1], bounds[2], step));
  END LOOP;
  RETURN numbers;
END $$;
COMMENT ON FUNCTION twinmill.cron_numbers(integer, text) IS
  'The numbers that field 1-5 of a cron expression allows (0 = the last day of the month); an error if it is bad';

import Postgres
import TestServer

/// The catalogue of a migrated database, in a form that is the same in every version of PostgreSQL: types, tables with
/// columns, constraints and indexes, columns of views, heads of functions, triggers. It leaves out the bodies of
/// functions and views: each is one file.
enum SchemaDump {
  /// One object a line, by schema, name and kind.
  static func text(of database: TestDatabase) async throws -> String {
    let connection = try await database.connect()
    let rows = try await connection.query(statement)
    await connection.close()
    return try rows.map { try $0.decode(String.self) }.joined(separator: "\n") + "\n"
  }

  private static let statement: SQL = """
    WITH relations AS (
      SELECT c.*, n.nspname || '.' || c.relname AS title,
             CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END AS kind
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('twinmill', 'public') AND c.relkind IN ('r', 'p', 'v', 'S', 'c')
        -- Partitions of days have the date of the run in their names.
        AND (NOT c.relispartition OR c.relname LIKE '%default')
    )
    SELECT line FROM (
      SELECT title, 1 AS part, 0 AS place,
             kind || ' ' || title || CASE WHEN relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(oid) ELSE '' END
             || coalesce(' WITH ' || nullif(array_to_string(ARRAY(SELECT unnest(reloptions) ORDER BY 1), ', '), ''), '') AS line
      FROM relations
      UNION ALL
      SELECT r.title, 2, a.attnum,
             '  ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
             || coalesce(' COLLATE ' || (SELECT quote_ident(l.collname) FROM pg_collation AS l JOIN pg_type AS t
                  ON t.oid = a.atttypid WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation), '')
             || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
             || CASE a.attidentity WHEN 'a' THEN ' IDENTITY' WHEN 'd' THEN ' IDENTITY BY DEFAULT' ELSE '' END
             || coalesce(CASE WHEN a.attgenerated = 's' THEN ' GENERATED ' ELSE ' DEFAULT ' END
                  || pg_get_expr(d.adbin, d.adrelid), '')
      FROM relations AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef AS d ON d.adrelid = r.oid AND d.adnum = a.attnum
      WHERE r.relkind <> 'S'
      UNION ALL
      SELECT r.title, 3, 0, '  CONSTRAINT ' || n.conname || ' ' || pg_get_constraintdef(n.oid)
      FROM relations AS r JOIN pg_constraint AS n ON n.conrelid = r.oid AND n.contype <> 'n'
      UNION ALL
      SELECT r.title, 4, 0, '  ' || pg_get_indexdef(i.indexrelid)
      FROM relations AS r JOIN pg_index AS i ON i.indrelid = r.oid
      WHERE NOT EXISTS (SELECT FROM pg_constraint AS n WHERE n.conindid = i.indexrelid AND n.conrelid = r.oid)
      UNION ALL
      SELECT r.title, 5, 0, '  ' || pg_get_triggerdef(t.oid)
      FROM relations AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
      UNION ALL
      SELECT 'twinmill.' || typname, 6, 0,
             'type twinmill.' || typname || ' '
             || array_to_string(ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder), ', ')
      FROM pg_type AS t WHERE typnamespace = 'twinmill'::regnamespace AND typtype = 'e'
      UNION ALL
      SELECT 'twinmill.' || f.proname, 7, 0,
             'function twinmill.' || f.proname || '(' || pg_get_function_arguments(f.oid) || ') '
             || coalesce(pg_get_function_result(f.oid), '') || ' ' || l.lanname
             || CASE f.provolatile WHEN 'i' THEN ' IMMUTABLE' WHEN 's' THEN ' STABLE' ELSE '' END
             || CASE WHEN f.proisstrict THEN ' STRICT' ELSE '' END
             || CASE WHEN f.prosecdef THEN ' SECURITY DEFINER' ELSE '' END
             || coalesce(' SET ' || array_to_string(f.proconfig, ', '), '')
      FROM pg_proc AS f JOIN pg_language AS l ON l.oid = f.prolang
      WHERE f.pronamespace = 'twinmill'::regnamespace
    ) AS lines ORDER BY title COLLATE "C", part, place, line COLLATE "C"
    """
}

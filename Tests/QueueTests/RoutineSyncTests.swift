import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Functions, views and triggers are brought to their current texts", .dropsDatabases)
struct RoutineSyncTests {
  /// A module over the queue's.
  private static func above(_ files: [(path: String, text: String)]) -> [SchemaModule] {
    [.queue, SchemaModule("above", files: files)]
  }

  private static func function(_ name: String, _ signature: String, _ body: String = "SELECT 1") -> (
    path: String, text: String
  ) {
    ("Routines/\(name).sql", "CREATE OR REPLACE FUNCTION twinmill.\(name)(\(signature) LANGUAGE sql AS $$ \(body) $$;")
  }

  /// Every row of the catalogue that belongs to the schema's functions, views and triggers, as version and owner.
  private static let catalogue: SQL = """
    SELECT array_agg(o.row ORDER BY o.row) FROM (
      SELECT p.oid::regprocedure || ' ' || p.oid || ' ' || p.xmin || ' ' || coalesce(p.proacl::text, '') AS row
      FROM pg_proc p WHERE p.pronamespace = 'twinmill'::regnamespace
      UNION ALL SELECT c.relname || ' ' || c.oid || ' ' || c.xmin FROM pg_class c
      WHERE c.relnamespace = 'twinmill'::regnamespace AND c.relkind = 'v'
      UNION ALL SELECT g.tgname || ' ' || g.oid || ' ' || g.xmin FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
      WHERE c.relnamespace = 'twinmill'::regnamespace AND NOT g.tgisinternal) AS o
    """

  private static func withDatabase(_ body: (Connection) async throws -> Void) async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await body(connection)
    await connection.close()
  }

  @Test("up twice touches no row of the catalogue")
  func twice() async throws {
    try await Self.withDatabase { connection in
      let first = try await Migrator([.queue]).up(connection)
      #expect(Set(first.migrations.map(\.number)).isSuperset(of: 1...5) && first.routines.count > 50)
      let before: [String] = try await connection.value(Self.catalogue)
      let second = try await Migrator([.queue]).up(connection)
      #expect(second.migrations.isEmpty && second.routines.isEmpty)
      #expect(try await connection.value(Self.catalogue) == before)
      #expect(
        try await connection.value(
          "SELECT count(*) FROM pg_proc WHERE pronamespace = 'twinmill'::regnamespace AND has_function_privilege('public', oid, 'EXECUTE')",
          as: Int64.self) == 0)
    }
  }

  @Test("a changed text changes that function's row alone, and keeps its grants")
  func changedText() async throws {
    try await Self.withDatabase { connection in
      _ = try await Migrator(Self.above([Self.function("one", ") RETURNS integer")])).up(connection)
      try await connection.script("GRANT EXECUTE ON FUNCTION twinmill.one() TO pg_monitor")
      let before: [String] = try await connection.value(Self.catalogue)
      let changes = try await Migrator(Self.above([Self.function("one", ") RETURNS integer", "SELECT 2")])).up(
        connection)
      #expect(changes.routines == ["function one"])
      let after: [String] = try await connection.value(Self.catalogue)
      let gone = Set(before).subtracting(after)
      let new = Set(after).subtracting(before)
      #expect(gone.count == 1 && new.count == 1)
      // The same oid, another version of the row.
      #expect(gone.first?.split(separator: " ")[1] == new.first?.split(separator: " ")[1])
      #expect(new.first?.contains("pg_monitor=X") == true)
      #expect(try await connection.value("SELECT twinmill.one()", as: Int32.self) == 2)
    }
  }

  @Test("a changed signature: the old one stays for the workers of the version before, and the next version drops it")
  func changedSignature() async throws {
    try await Self.withDatabase { connection in
      let old = Self.above([Self.function("one", "a integer) RETURNS integer")])
      let new = Self.above([Self.function("one", "a integer, b integer) RETURNS integer", "SELECT 2")])
      _ = try await Migrator(old, version: "0.2.0").up(connection)
      try await connection.script("GRANT EXECUTE ON FUNCTION twinmill.one(integer) TO pg_monitor")
      _ = try await Migrator(new, version: "0.3.0").up(connection)
      #expect(try await connection.value("SELECT twinmill.one(1)", as: Int32.self) == 1)
      #expect(try await connection.value("SELECT twinmill.one(1, 2)", as: Int32.self) == 2)
      let signatures: SQL = """
        SELECT array_agg(r.signature || coalesce(' ' || r.retired_by, '') ORDER BY r.signature)
        FROM twinmill.routines r WHERE r.name = 'one'
        """
      #expect(
        try await connection.value(signatures)
          == ["twinmill.one(integer) 0.3.0", "twinmill.one(integer,integer)"])
      #expect(
        try await connection.value(
          "SELECT has_function_privilege('pg_monitor', 'twinmill.one(integer, integer)', 'EXECUTE')"))
      #expect(
        try await connection.value(
          "SELECT NOT has_function_privilege('public', 'twinmill.one(integer, integer)', 'EXECUTE')"))
      // An old worker that starts again finds a newer schema, and goes on.
      try await Migrator(old, version: "0.2.0").check(connection)
      #expect(try await Migrator(new, version: "0.3.0").up(connection).routines.isEmpty)
      _ = try await Migrator(new, version: "0.4.0").up(connection)
      #expect(try await connection.value(signatures) == ["twinmill.one(integer,integer)"])
      await #expect(throws: PostgresError.self) { _ = try await connection.query("SELECT twinmill.one(1)") }
    }
  }

  @Test("an old signature goes at once where no tag had it, or where the new one answers the same calls")
  func droppedSignature() async throws {
    try await Self.withDatabase { connection in
      let old = Self.above([Self.function("one", "a integer) RETURNS integer")])
      let defaulted = Self.above([Self.function("one", "a integer, b integer DEFAULT 0) RETURNS integer", "SELECT 2")])
      let other = Self.above([Self.function("one", "a text) RETURNS integer", "SELECT 3")])
      let count: SQL = "SELECT count(*) FROM pg_proc WHERE proname = 'one' AND pronamespace = 'twinmill'::regnamespace"
      _ = try await Migrator(old, version: "0.2.0").up(connection)
      _ = try await Migrator(defaulted, version: "0.3.0").up(connection)
      #expect(try await connection.value(count, as: Int64.self) == 1)
      #expect(try await connection.value("SELECT twinmill.one(1)", as: Int32.self) == 2)
      _ = try await Migrator(other, version: "0.3.0").up(connection)
      #expect(try await connection.value(count, as: Int64.self) == 1)
      // Another name of a parameter, another result: dropped first.
      let renamed = Self.above([Self.function("one", "b text) RETURNS text", "SELECT 'x'")])
      _ = try await Migrator(renamed, version: "0.4.0").up(connection)
      #expect(try await connection.value("SELECT twinmill.one(b => '')", as: String.self) == "x")
      // A function that goes stays for a version as well.
      _ = try await Migrator([.queue], version: "0.5.0").up(connection)
      #expect(try await connection.value(count, as: Int64.self) == 1)
      _ = try await Migrator([.queue], version: "0.6.0").up(connection)
      #expect(try await connection.value(count, as: Int64.self) == 0)
    }
  }

  @Test("a view with other columns is made anew, with the views that read it and all their grants")
  func views() async throws {
    func modules(_ columns: String, _ text: String = "1") -> [SchemaModule] {
      Self.above([
        ("Views/base.sql", "CREATE OR REPLACE VIEW twinmill.base AS SELECT \(columns);"),
        ("Views/a_top.sql", "CREATE OR REPLACE VIEW twinmill.a_top AS SELECT x FROM twinmill.base;"),
        Self.function("one", "a integer) RETURNS integer", "SELECT \(text)"),
        ("Views/calls.sql", "CREATE OR REPLACE VIEW twinmill.calls AS SELECT twinmill.one(1) AS x;"),
      ])
    }
    try await Self.withDatabase { connection in
      _ = try await Migrator(modules("1 AS x, 2 AS y")).up(connection)
      try await connection.script("GRANT SELECT ON twinmill.base, twinmill.a_top TO pg_monitor")
      let oids: SQL =
        "SELECT array_agg(oid::bigint ORDER BY relname) FROM pg_class WHERE relname IN ('base', 'a_top', 'calls')"
      let before: [Int64] = try await connection.value(oids)
      // One column more at the end: replaced in place.
      _ = try await Migrator(modules("1 AS x, 2 AS y, 3 AS z")).up(connection)
      #expect(try await connection.value(oids) == before)
      _ = try await Migrator(modules("'text' AS x")).up(connection)
      #expect(try await connection.value("SELECT x FROM twinmill.a_top", as: String.self) == "text")
      for view in ["base", "a_top"] {
        #expect(
          try await connection.value("SELECT has_table_privilege('pg_monitor', 'twinmill.' || \(view)::text, 'SELECT')")
        )
      }
      // The objects that depend on a dropped function are created again as well.
      let renamed = Self.above([
        ("Views/base.sql", "CREATE OR REPLACE VIEW twinmill.base AS SELECT 'text' AS x;"),
        ("Views/a_top.sql", "CREATE OR REPLACE VIEW twinmill.a_top AS SELECT x FROM twinmill.base;"),
        Self.function("one", "b integer) RETURNS integer", "SELECT 7"),
        ("Views/calls.sql", "CREATE OR REPLACE VIEW twinmill.calls AS SELECT twinmill.one(1) AS x;"),
      ])
      _ = try await Migrator(renamed).up(connection)
      #expect(try await connection.value("SELECT x FROM twinmill.calls", as: Int32.self) == 7)
      // An object that somebody else built on a view is never dropped: nothing changes.
      try await connection.script("CREATE VIEW theirs AS SELECT x FROM twinmill.base")
      let error = await #expect(throws: PostgresError.self) { _ = try await Migrator(modules("1 AS x")).up(connection) }
      #expect(error?.sqlstate == "2BP01")
      #expect(try await connection.value("SELECT x FROM theirs", as: String.self) == "text")
    }
  }

  @Test("a changed trigger is made anew, and fires as it says now")
  func triggers() async throws {
    func modules(_ event: String) -> [SchemaModule] {
      Self.above([
        (
          "Routines/mark.sql",
          """
          CREATE OR REPLACE FUNCTION twinmill.mark() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN NEW.summary := 'marked'; RETURN NEW; END $$;
          """
        ),
        (
          "Triggers/mark.sql",
          "CREATE TRIGGER mark BEFORE \(event) ON twinmill.kinds FOR EACH ROW EXECUTE FUNCTION twinmill.mark();"
        ),
      ])
    }
    try await Self.withDatabase { connection in
      _ = try await Migrator(modules("INSERT")).up(connection)
      try await JobQueue.register(kinds: [QueueDatabase.definition("probe")], on: connection)
      #expect(try await connection.value("SELECT summary FROM twinmill.kinds", as: String.self) == "marked")
      #expect(try await Migrator(modules("UPDATE")).up(connection).routines == ["trigger mark"])
      try await JobQueue.register(kinds: [QueueDatabase.definition("other")], on: connection)
      #expect(
        try await connection.value("SELECT summary FROM twinmill.kinds WHERE name = 'other'", as: String.self) == "test"
      )
      _ = try await Migrator([.queue]).up(connection)
      #expect(try await connection.value("SELECT count(*) FROM pg_trigger WHERE tgname = 'mark'", as: Int64.self) == 0)
    }
  }

  @Test("a later module replaces what is marked as overridable, and nothing else")
  func overrides() async throws {
    let faulty = Self.above([Self.function("wake", "queue text) RETURNS void")])
    let otherParameters = Self.above([Self.function("twin_exists", "twin text) RETURNS boolean", "SELECT false")])
    for modules in [faulty, otherParameters] {
      try await Self.withDatabase { connection in
        let error = await #expect(throws: MigrationError.self) { _ = try await Migrator(modules).up(connection) }
        guard case .faultySchema(let faults)? = error else { throw error! }
        #expect(faults.count == 1)
        await #expect(throws: MigrationError.self) { try await Migrator(modules).check(connection) }
      }
    }
    try await Self.withDatabase { connection in
      let exists: SQL = "SELECT twinmill.twin_exists('00000000-0000-0000-0000-000000000002')"
      _ = try await Migrator([.queue]).up(connection)
      #expect(try await connection.value(exists) == true)
      _ = try await Migrator([.queue, QueueDatabase.oneTwin]).up(connection)
      #expect(try await connection.value(exists) == false)
      _ = try await Migrator([.queue]).up(connection)
      #expect(try await connection.value(exists) == true)
    }
  }

  @Test("grants of a file are given to the roles that exist; a function's predicate of a schema follows its text")
  func grants() async throws {
    let granted = Self.above([
      (
        "Routines/one.sql",
        """
        -- Grant: pg_monitor, nobody_of_this_name
        CREATE OR REPLACE FUNCTION twinmill.one() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
        """
      )
    ])
    try await Self.withDatabase { connection in
      _ = try await Migrator(granted).up(connection)
      #expect(try await connection.value("SELECT has_function_privilege('pg_monitor', 'twinmill.one()', 'EXECUTE')"))
      #expect(
        try await connection.value("SELECT grants FROM twinmill.routines WHERE name = 'one'") == [
          "pg_monitor", "nobody_of_this_name",
        ])
      // A predicate of an older text is replaced when the kind is registered again.
      try await JobQueue.register(kinds: [QueueDatabase.definition("probe")], on: connection)
      let accepts: SQL = "SELECT accepts::text FROM twinmill.kinds"
      let right: String = try await connection.value(accepts)
      _ = try await connection.query("UPDATE twinmill.kinds SET accepts = 'strict $'")
      try await JobQueue.register(kinds: [QueueDatabase.definition("probe")], on: connection)
      #expect(try await connection.value(accepts) == right)
    }
  }
}

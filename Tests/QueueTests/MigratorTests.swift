import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Migrations of the queue and of what stands on it", .dropsDatabases)
struct MigratorTests {
  private static func above(_ files: [(path: String, text: String)]) -> [SchemaModule] {
    [.queue, SchemaModule("above", files: files)]
  }

  private static func step(_ name: String, _ up: String, down: String = "") -> [(path: String, text: String)] {
    [("Tables/\(name).up.sql", up), ("Tables/\(name).down.sql", down)]
  }

  private static func withDatabase(_ body: (Connection) async throws -> Void) async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await body(connection)
    await connection.close()
  }

  private static let newest: SQL = "SELECT max(number) FROM twinmill.migrations"

  private static let objects: SQL = """
    SELECT count(*) FROM pg_depend d JOIN pg_namespace n ON n.nspname = 'twinmill' AND d.refobjid = n.oid
    """

  @Test("up, down and up again, on an empty and on a loaded database, leaves what it found")
  func upDownUp() async throws {
    try await Self.withDatabase { connection in
      let migrator = Migrator([.queue])
      for isLoaded in [false, true] {
        _ = try await migrator.up(connection)
        if isLoaded {
          try await JobQueue.register(kinds: [QueueDatabase.definition("probe")], on: connection)
          try await connection.enqueueProbes(10)
        }
        _ = try await migrator.down(connection, to: 0)
        #expect(try await connection.value("SELECT to_regnamespace('twinmill') IS NULL"))
      }
      _ = try await migrator.up(connection)
      try await migrator.check(connection)
    }
  }

  @Test("tables, functions and setup are one transaction: a wrong reference leaves the database as it was")
  func wrongReference() async throws {
    let broken = [
      ("sql", "AS $$ SELECT missing_column FROM twinmill.fresh $$"),
      ("plpgsql", "AS $$ BEGIN THIS IS NO STATEMENT; END $$"),
    ]
    try await Self.withDatabase { connection in
      _ = try await Migrator([.queue]).up(connection)
      let before: Int64 = try await connection.value(Self.objects)
      let newest: Int32 = try await connection.value(Self.newest)
      for (language, body) in broken {
        let modules = Self.above(
          Self.step("0096_fresh", "CREATE TABLE twinmill.fresh (n integer)")
            + [
              (
                "Routines/one.sql",
                "CREATE OR REPLACE FUNCTION twinmill.one() RETURNS integer LANGUAGE \(language) \(body);"
              )
            ])
        let error = await #expect(throws: PostgresError.self) { _ = try await Migrator(modules).up(connection) }
        #expect(error?.message.contains("function twinmill.one()") == true, "\(String(describing: error))")
        #expect(try await connection.value(Self.objects) == before)
        #expect(try await connection.value("SELECT max(number) FROM twinmill.migrations", as: Int32.self) == newest)
      }
      // The same files in good order: the step of setup calls the function that was not there before.
      let good = Self.above(
        Self.step("0096_fresh", "CREATE TABLE twinmill.fresh (n integer)", down: "DROP TABLE twinmill.fresh")
          + Self.step("0097_filled.setup", "SELECT twinmill.one()")
          + [
            (
              "Routines/one.sql",
              "CREATE OR REPLACE FUNCTION twinmill.one() RETURNS void LANGUAGE sql AS $$ INSERT INTO twinmill.fresh VALUES (7) $$;"
            )
          ])
      #expect(try await Migrator(good).up(connection).migrations.map(\.number) == [96, 97])
      #expect(try await connection.value("SELECT n FROM twinmill.fresh", as: Int32.self) == 7)
      #expect(try await Migrator(good).down(connection, to: Int(newest)).map(\.number) == [97, 96])
      #expect(try await connection.value(Self.objects) == before)
      try await Migrator([.queue]).check(connection)
    }
  }

  @Test("a step that says so runs outside of the transaction, after those before it and before those after it")
  func outside() async throws {
    let index =
      "-- transaction: none\nDROP INDEX CONCURRENTLY IF EXISTS twinmill.by_n;\nCREATE INDEX CONCURRENTLY by_n ON twinmill.fresh (%);\n"
    func modules(_ column: String) -> [SchemaModule] {
      Self.above(
        Self.step("0096_fresh", "CREATE TABLE twinmill.fresh (n integer)", down: "DROP TABLE twinmill.fresh")
          + Self.step(
            "0097_index", index.replacing("%", with: column),
            down: "-- transaction: none\nDROP INDEX CONCURRENTLY twinmill.by_n;")
          + Self.step(
            "0098_after", "ALTER TABLE twinmill.fresh ADD COLUMN m integer",
            down: "ALTER TABLE twinmill.fresh DROP COLUMN m"))
    }
    try await Self.withDatabase { connection in
      let numbers: SQL =
        "SELECT array_agg(number ORDER BY applied_at, number) FROM twinmill.migrations WHERE number > 90"
      _ = try await Migrator([.queue]).up(connection)
      // The steps before it stay, those after it do not begin, and the next call takes the step again.
      let error = await #expect(throws: PostgresError.self) {
        _ = try await Migrator(modules("missing")).up(connection)
      }
      #expect(error?.message.hasPrefix("migration 97 index: ") == true)
      #expect(try await connection.value(numbers) == [96] as [Int32])
      #expect(try await Migrator(modules("n")).up(connection).migrations.map(\.number) == [97, 98])
      #expect(
        try await connection.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'twinmill.by_n'::regclass"))
      #expect(try await connection.value(numbers) == [96, 97, 98] as [Int32])
      // No lock is left behind.
      #expect(
        try await connection.value(
          "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()", as: Int64.self) == 0)
      #expect(try await Migrator(modules("n")).down(connection, to: 90).map(\.number) == [97, 98, 96])
      try await Migrator([.queue]).check(connection)
    }
  }

  @Test("two migrators at once: one applies, the other finds it done, also when a step is outside of the transaction")
  func together() async throws {
    let modules = Self.above(
      Self.step("0096_fresh", "CREATE TABLE twinmill.fresh (n integer)")
        + Self.step("0097_index", "-- transaction: none\nCREATE INDEX CONCURRENTLY by_n ON twinmill.fresh (n);"))
    var steps = 2
    try await Self.withDatabase { connection in steps += try await Migrator([.queue]).up(connection).migrations.count }
    let database = try await TestDatabase.create()
    let applied = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<3 {
        group.addTask {
          let connection = try await database.connect()
          return try await Migrator(modules).up(connection).migrations.count
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(applied.reduce(0, +) >= steps)
    let connection = try await database.connect()
    #expect(try await connection.value("SELECT count(*) FROM twinmill.migrations", as: Int64.self) == Int64(steps))
    try await Migrator(modules).check(connection)
  }

  @Test("a program refuses an older schema, goes on under a newer one, and does not put its functions back unasked")
  func versions() async throws {
    func modules(_ number: Int) -> [SchemaModule] {
      Self.above([
        (
          "Routines/one.sql",
          "CREATE OR REPLACE FUNCTION twinmill.one() RETURNS integer LANGUAGE sql AS $$ SELECT \(number) $$;"
        )
      ])
    }
    let old = Migrator(modules(1), version: "0.9.0")
    let new = Migrator(modules(2), version: "0.10.0")
    try await Self.withDatabase { connection in
      _ = try await old.up(connection)
      let error = await #expect(throws: MigrationError.self) { try await new.check(connection) }
      #expect(
        error?.description.contains("function one") == true
          && error?.description.contains("run: twinmill migrate up") == true)
      #expect(try await new.outdatedRoutines(connection) == ["function one"])
      #expect(try await new.script(connection).contains("SELECT 2"))
      #expect(try await new.up(connection).routines == ["function one"])
      #expect(try await new.script(connection).isEmpty)
      try await old.check(connection)
      let refused = await #expect(throws: MigrationError.self) { _ = try await old.up(connection) }
      #expect(refused?.description.contains("0.10.0") == true)
      #expect(try await connection.value("SELECT twinmill.one()", as: Int32.self) == 2)
      _ = try await old.up(connection, replacesNewer: true)
      #expect(try await connection.value("SELECT twinmill.one()", as: Int32.self) == 1)
      // A function that somebody dropped is out of date, and comes back.
      try await connection.script("DROP FUNCTION twinmill.one()")
      await #expect(throws: MigrationError.self) { try await old.check(connection) }
      _ = try await old.up(connection)
      try await old.check(connection)
    }
  }

  @Test("the whole schema as text: every step and every function of an empty database")
  func script() async throws {
    try await Self.withDatabase { connection in
      let text = try await Migrator([.queue]).script(connection)
      #expect(text.contains("-- Migration 1 queue\n") && text.contains("CREATE OR REPLACE FUNCTION twinmill.wake("))
      let routines = try await Migrator([.queue]).script(connection, routinesOnly: true)
      #expect(!routines.contains("\nCREATE TABLE") && routines.contains("CREATE OR REPLACE VIEW twinmill.jobs"))
    }
  }

  @Test("two steps of one number are an error at the start")
  func numbers() async throws {
    try await Self.withDatabase { connection in
      let error = await #expect(throws: MigrationError.self) {
        try await Migrator(Self.above(Self.step("0003_again", "SELECT 1"))).check(connection)
      }
      #expect(error?.description.contains("both have number 3") == true)
    }
  }
}

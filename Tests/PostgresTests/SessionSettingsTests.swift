import PostgresServer
import TestServer
import Testing

@testable import Postgres

@Suite("The settings of a session", .dropsDatabases)
struct SessionSettingsTests {
  /// Settings of a database instead of the values of `SessionSettings.pinned`.
  static let odd: [(name: String, value: String)] = [
    ("default_transaction_isolation", "serializable"), ("default_transaction_deferrable", "on"),
    ("session_replication_role", "replica"), ("exit_on_error", "on"), ("plpgsql.extra_errors", "all"),
    ("TimeZone", "Pacific/Apia"), ("timezone_abbreviations", "India"), ("DateStyle", "SQL, DMY"),
    ("IntervalStyle", "iso_8601"), ("standard_conforming_strings", "off"), ("backslash_quote", "on"),
    ("array_nulls", "off"), ("transform_null_equals", "on"), ("bytea_output", "escape"), ("extra_float_digits", "-15"),
    ("xmloption", "document"), ("xmlbinary", "hex"), ("lc_numeric", "C.UTF-8"), ("lc_monetary", "C.UTF-8"),
    ("lc_time", "C.UTF-8"), ("search_path", "nowhere"), ("quote_all_identifiers", "on"), ("statement_timeout", "5min"),
    ("lock_timeout", "5min"), ("idle_session_timeout", "5min"), ("idle_in_transaction_session_timeout", "5min"),
    ("client_min_messages", "error"), ("row_security", "on"), ("check_function_bodies", "off"),
    ("enable_hashjoin", "off"), ("enable_sort", "off"), ("enable_indexscan", "off"), ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_custom_plan"), ("constraint_exclusion", "on"), ("cursor_tuple_fraction", "1"),
    ("from_collapse_limit", "1"), ("join_collapse_limit", "1"), ("geqo", "off"),
  ]

  private func oddDatabase() async throws -> TestDatabase {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    for (name, value) in Self.odd {
      let text = name == "search_path" ? value : "'\(value)'"
      try await connection.script("ALTER DATABASE \"\(database.name)\" SET \(name) = \(text)")
    }
    await connection.close()
    return database
  }

  /// The settings that a session does not have as the list says.
  private func strange(_ connection: Connection) async throws -> [String] {
    let pinned = SessionSettings.pinned
    return try await connection.value(
      """
      SELECT coalesce(array_agg(s.name || ' = ' || current_setting(s.name) ORDER BY s.name), '{}')
      FROM unnest(\(pinned.map(\.name)), \(pinned.map(\.value))) AS s(name, value)
      WHERE current_setting(s.name, true) <> s.value
      """, as: [String].self)
  }

  private func isolation(_ connection: Connection) async throws -> String {
    try await connection.value("SELECT current_setting('transaction_isolation')", as: String.self)
  }

  @Test("W2: a session has the list's values, whatever the database says")
  func direct() async throws {
    let database = try await oddDatabase()
    // Else this would prove nothing.
    let psql = try await database.psql("SHOW standard_conforming_strings; SHOW TimeZone", options: ["-At"])
    #expect(psql.out == "off\nPacific/Apia\n", "\(psql.err)")
    var settings = database.settings
    settings.options.sessionSettings = [:]
    let connection = try await Connection.open(settings)
    #expect(try await strange(connection) == [])
    #expect(try await isolation(connection) == "read committed")
    // As settings of the session: they outlive a transaction that failed.
    _ = try? await connection.transaction { try await $0.script("SELECT 1/0") }
    #expect(try await strange(connection) == [])
    await connection.close()
  }

  @Test("W2: behind a pooling proxy each transaction has the list's values, and leaves none to the session's next user")
  func pooled() async throws {
    let database = try await oddDatabase()
    let proxy = try await PoolingProxy.start(for: database, size: 1)
    var settings = proxy.settings(of: database)
    settings.options.sessionSettings = [:]
    let connection = try await Connection.open(settings)
    #expect(connection.isPooled)
    #expect(try await strange(connection) == [])
    let answers = try await connection.pipeline([
      "SELECT current_setting('transaction_isolation')", "SELECT current_setting('TimeZone')",
    ])
    let (level, zone) = (try answers[0].only().decode(String.self), try answers[1].only().decode(String.self))
    #expect(level == "read committed" && zone == "UTC")
    for wanted in [Isolation.readCommitted, .repeatableRead, .serializable] {
      let (strange, isOfLevel) = try await connection.transaction(isolation: wanted) {
        (try await self.strange($0), try await isolation($0) == wanted.rawValue.lowercased())
      }
      #expect(strange == [])
      #expect(isOfLevel)
    }
    let readOnly = try await connection.transaction(readOnly: true) { try await isolation($0) }
    #expect(readOnly == "repeatable read")
    try await connection.script(
      """
      CREATE TABLE public.seen AS SELECT current_setting('TimeZone') AS zone,
        current_setting('transaction_isolation') AS level
      """)
    let seen = try await connection.value("SELECT zone || ', ' || level FROM public.seen", as: String.self)
    #expect(seen == "UTC, read committed")
    // A script's own lines are counted.
    let error = try await failure { try await connection.script("SELECT 1;\nSELECT nothing") }
    #expect(error.message.hasSuffix("(line 2)"))
    let failed = try await failure { _ = try await connection.pipeline(["SELECT 1", "SELECT 1/0"]) }
    #expect(failed.statementIndex == 1)

    // The same session of the server, lent to another client.
    let psql = try await ChildProcess.run(
      [
        "psql", "-X", "-At", "-d", proxy.url(of: database), "-c", "SHOW TimeZone", "-c",
        "SHOW standard_conforming_strings",
      ])
    #expect(psql.out == "Pacific/Apia\noff\n", "\(psql.err)")
    await connection.close()
    await proxy.stop()
  }

  @Test("W2: a setting that only a superuser can take back is refused at the start, with the remedy")
  func forbidden() async throws {
    let database = try await TestDatabase.create()
    let owner = try await database.connect()
    let role = "plain_\(database.name)"
    try await owner.script(
      """
      CREATE ROLE \(role) LOGIN; ALTER ROLE \(role) SET session_replication_role = 'replica';
      """)
    var settings = database.settings
    settings.url = database.url.replacing("postgres://\(database.server.user)@", with: "postgres://\(role)@")
    let error = try await failure { _ = try await Connection.open(settings) }
    #expect(error.kind == .configuration)
    #expect(error.message.contains("session_replication_role"), "\(error)")
    #expect(error.hint?.contains("ALTER ROLE … RESET") == true)
    try await owner.script("DROP ROLE \(role)")
    await owner.close()
  }
}

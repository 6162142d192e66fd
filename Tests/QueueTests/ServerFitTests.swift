import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("A database that does not fit", .dropsDatabases)
struct ServerFitTests {
  @Test("D5: a database of another encoding is refused with the remedy", arguments: ["SQL_ASCII", "LATIN1"])
  func encoding(_ encoding: String) async throws {
    let database = try await TestDatabase.create()
    let owner = try await database.connect()
    let name = "\(database.name)_\(encoding.lowercased())"
    try await owner.script("CREATE DATABASE \(name) ENCODING '\(encoding)' LOCALE 'C' TEMPLATE template0")
    var settings = database.settings
    settings.url = database.server.url(database: name)
    let connection = try await Connection.open(settings)
    let migrator = Migrator([.queue])
    for call in ["up", "check"] {
      let error = await #expect(throws: MigrationError.self) {
        if call == "up" { _ = try await migrator.up(connection) } else { try await migrator.check(connection) }
      }
      let text = error?.description ?? ""
      #expect(text.hasPrefix("database \(name) has the encoding \(encoding), and Twinmill needs UTF8"), "\(text)")
      #expect(text.contains("CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"))
    }
    // Nothing of it is there.
    #expect(try await connection.value("SELECT to_regnamespace('twinmill') IS NULL", as: Bool.self))
    await connection.close()
    try await owner.script("DROP DATABASE \(name) WITH (FORCE)")
    await owner.close()
  }

  @Test("W3: a table with hidden rows is refused at the start", arguments: ["live_jobs", "kinds"])
  func hidden(_ table: String) async throws {
    let database = try await QueueDatabase.create()
    let owner = try await database.connect()
    let role = "worker_\(database.name)"
    try await owner.script(
      """
      CREATE ROLE \(role) LOGIN; GRANT USAGE ON SCHEMA twinmill TO \(role);
      GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA twinmill TO \(role);
      """)
    var settings = database.settings
    settings.url = database.url.replacing("postgres://\(database.server.user)@", with: "postgres://\(role)@")
    let connection = try await Connection.open(settings)
    let migrator = Migrator([.queue, QueueDatabase.oneTwin])
    try await migrator.check(connection)
    try await owner.script("ALTER TABLE twinmill.\(table) ENABLE ROW LEVEL SECURITY")
    let error = await #expect(throws: MigrationError.self) { try await migrator.check(connection) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("row-level security hides rows of twinmill.\(table) from role \(role)"), "\(text)")
    #expect(text.contains("DISABLE ROW LEVEL SECURITY") && text.contains("BYPASSRLS"))
    // While it runs, it is an error, and not an empty table.
    let read = await #expect(throws: PostgresError.self) {
      try await connection.query(SQL(stringLiteral: "SELECT FROM twinmill.\(table)"))
    }
    #expect(read?.sqlstate == "42501")
    // Its owner sees all, unless it is told not to; a role that bypasses sees all.
    try await migrator.check(owner)
    try await owner.script("ALTER ROLE \(role) BYPASSRLS")
    try await migrator.check(connection)
    await connection.close()
    try await owner.script("DROP OWNED BY \(role); DROP ROLE \(role)")
    await owner.close()
  }
}

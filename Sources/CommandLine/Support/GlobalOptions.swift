import ArgumentParser
import Files
import Postgres

/// The options of every command that talks to the database.
struct GlobalOptions: ParsableArguments {
  @Flag(name: .long, help: "Print JSON, for programs.")
  var json = false

  /// Opens the configured database.
  /// - Throws: `PostgresError` naming host, database and remedy; `SettingsError`.
  func connect() async throws -> Connection {
    let settings = try await Settings.load()
    for unknown in settings.unknownKeys { StandardError.write("twinmill: \(unknown)\n") }
    return try await Connection.open(try settings.connections("cli"))
  }

  /// Opens the configured database for the time of `body`.
  func withConnection<R>(_ body: (Connection) async throws -> R) async throws -> R {
    let connection = try await connect()
    do {
      let result = try await body(connection)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }
}

import Glibc
import Postgres
import PostgresServer
import Synchronization

/// A fresh database for one test.
public struct TestDatabase: Sendable {
  /// Its name.
  public let name: String
  /// The server that it is on.
  public let server: PrivateServer

  /// The URL, for psql, libpq and programs.
  public var url: String { server.url(database: name) }

  /// Settings to connect with. How long a server may take to answer is none of most tests' business: on a machine that
  /// does much else they take longer, and pass.
  public var settings: ConnectionSettings {
    ConnectionSettings(
      url: url, applicationName: "tests",
      options: .init(
        roundTripDeadline: .seconds(1800), cancelGrace: .seconds(600), openDeadline: .seconds(1800),
        sessionSettings: Self.asApplications))
  }

  /// A test plays the application, too: its statements find the tables of `public` without the schema's name.
  static let asApplications = ["search_path": "\"$user\", public"]

  /// Creates an empty database.
  /// - Parameter server: nil takes the server that all tests share.
  public static func create(on server: PrivateServer? = nil) async throws -> TestDatabase {
    let server = if let server { server } else { try await TestServer.shared }
    return try await create(template: "template0", on: server)
  }

  /// Creates a copy of a prepared database; `preparing` fills it once per process and server, at the first call.
  /// - Parameters:
  ///   - template: a name for the prepared database.
  ///   - server: nil takes the server that all tests share.
  ///   - preparing: migrates and loads what all copies shall hold.
  public static func create(
    from template: String, on server: PrivateServer? = nil,
    preparing: @escaping @Sendable (Connection) async throws -> Void
  ) async throws -> TestDatabase {
    let server = if let server { server } else { try await TestServer.shared }
    let name = "template_\(template)"
    // One task per template: the first caller makes it, all others wait for it.
    let task = templates.withLock { templates in
      let key = "\(server.folder)/\(name)"
      if let task = templates[key] { return task }
      let task = Task {
        try await create(name: name, template: "template0", on: server)
        let connection = try await Connection.open(
          ConnectionSettings(
            url: server.url(database: name), applicationName: "tests",
            options: .init(sessionSettings: asApplications)))
        do {
          try await preparing(connection)
        } catch {
          await connection.close()
          throw error
        }
        await connection.close()
        try await endSessions(of: name, on: server)
      }
      templates[key] = task
      return task
    }
    try await task.value
    return try await create(template: name, on: server)
  }

  private static let templates = Mutex<[String: Task<Void, any Error>]>([:])
  private static let serial = Atomic(0)

  private static func create(template: String, on server: PrivateServer) async throws -> TestDatabase {
    let name = "test_\(serial.add(1, ordering: .relaxed).newValue)"
    try await create(name: name, template: template, on: server)
    let database = TestDatabase(name: name, server: server)
    // A server of one's own may be gone at the end of the test.
    if try await server === TestServer.shared { DatabaseScope.current?.add(database) }
    return database
  }

  private static func create(name: String, template: String, on server: PrivateServer) async throws {
    try await administer(server) { connection in
      try await connection.script(
        "CREATE DATABASE \(Statement.quotedIdentifier(name)) TEMPLATE \(Statement.quotedIdentifier(template))")
    }
  }

  /// Waits until a database's last session has ended: a closed connection's server process lives on for a moment, and
  /// keeps the database from being copied.
  private static func endSessions(of name: String, on server: PrivateServer) async throws {
    try await administer(server) { connection in
      try await connection.query(
        """
        SELECT count(pg_terminate_backend(pid, 600000)) FROM pg_stat_activity WHERE datname = \(name)
        """)
    }
  }

  private static func administer(_ server: PrivateServer, _ body: (Connection) async throws -> Void) async throws {
    let connection = try await Connection.open(ConnectionSettings(url: server.url(), applicationName: "tests"))
    do {
      try await body(connection)
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }

  /// A connection to it.
  public func connect() async throws -> Connection { try await Connection.open(settings) }

  /// Runs a script in the real psql, without its start-up file, ending at the first error, which it shows with all
  /// details (VERBOSITY verbose).
  /// - Parameters:
  ///   - script: SQL and psql's own commands.
  ///   - options: further switches, such as `-A`, `-t`.
  public func psql(
    _ script: String, options: [String] = []
  ) async throws -> (out: String, err: String, status: Int32) {
    let output = try await ChildProcess.run(
      ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", url] + options + ["-f", "-"],
      environment: ["PGOPTIONS": nil, "LC_ALL": "C", "PAGER": nil], input: script)
    return (output.out, output.err, output.status)
  }

  /// Removes it, ending the sessions that it still has.
  public func drop() async {
    do {
      try await Self.administer(server) { connection in
        try await connection.script("DROP DATABASE IF EXISTS \(Statement.quotedIdentifier(name)) WITH (FORCE)")
      }
    } catch {
      // It goes with the server at the end of the run.
      print("cannot drop \(name): \(error)")
    }
  }
}

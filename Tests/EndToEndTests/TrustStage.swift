import FoundationEssentials
import PostgresServer
import TestGolden
import TestServer

/// A server of the trust tests: roles belong to the whole server, and these tests make and break them.
enum TrustStage {
  private static let server = Task {
    let server = try await TestServer.own()
    // Two runs of roles.sql at once would both make the roles.
    let database = try await Installed.migrated(on: server)
    try await grant(on: database)
    return server
  }

  /// A database as an operator makes it: a superuser migrates, then `roles.sql`.
  static func installed() async throws -> TestDatabase {
    let database = try await Installed.migrated(on: try await server.value)
    try await grant(on: database)
    return database
  }

  /// An empty database.
  static func empty() async throws -> TestDatabase { try await TestDatabase.create(on: try await server.value) }

  /// Runs roles.sql as a superuser.
  static func grant(on database: TestDatabase) async throws {
    let result = try await ChildProcess.run(
      [
        "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", database.url, "-f",
        "\(Golden.repository)/Deploy/sql/roles.sql",
      ])
    guard result.status == 0 else { throw Installed.Failed(result.err) }
  }
}

extension TestDatabase {
  /// The URL of another login.
  func url(as login: String) -> String { url.replacing("postgres@", with: "\(login)@") }

  /// A login of this test's own; `options` as in CREATE ROLE.
  func login(_ name: String, _ options: String = "") async throws -> String {
    let login = "\(name)_\(self.name)"
    try await superuser("CREATE ROLE \(login) LOGIN \(options)")
    return login
  }

  /// Runs a script as a login, and answers with all of psql's output; values without decoration.
  @discardableResult
  func ask(_ script: String, as login: String) async throws -> (text: String, isDone: Bool) {
    let output = try await ChildProcess.run(
      [
        "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", url(as: login), "-f",
        "-",
      ],
      environment: ["PGOPTIONS": nil, "LC_ALL": "C", "PAGER": nil], input: script)
    return (output.out + output.err, output.status == 0)
  }

  /// The answer to a superuser's script, which must succeed.
  @discardableResult
  func superuser(_ script: String) async throws -> String {
    let answer = try await ask(script, as: "postgres")
    guard answer.isDone else { throw Installed.Failed(answer.text) }
    return answer.text
  }

  /// The goals of an application: a schema with its tables, which a login owns. Twinmill has prepared them.
  func goals(of application: String) async throws {
    let prepared = try await Installed.run(["domains", "prepare", "goals"], url: url)
    guard prepared.status == 0 else { throw Installed.Failed(prepared.err) }
    try await superuser(
      """
      ALTER SCHEMA goals OWNER TO \(application);
      SELECT format('ALTER TABLE goals.%I OWNER TO \(application)', relname) FROM pg_class
      WHERE relnamespace = 'goals'::regnamespace AND relkind = 'r' \\gexec
      """)
  }
}

import ArgumentParser
import Files
import FoundationEssentials
import Glibc
import Postgres
import PostgresServer

/// `twinmill internal`: what builds and packages of Twinmill need, and its users do not.
struct InternalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "internal", abstract: "Commands for building and packaging Twinmill.", shouldDisplay: false,
    subcommands: [Docs.self, Man.self])

  struct Docs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the reference pages of the manual.",
      discussion: """
        The pages about SQL come from the database that DATABASE_URL names, which must be migrated. Without \
        DATABASE_URL the command starts a private PostgreSQL, migrates a database there and removes it at the end.
        """)

    @Argument(help: "The folder to write to.", completion: .directory) var folder: String
    @Option(help: "Also write the example of an environment file to this folder.", completion: .directory)
    var environmentFolder: String?

    func run() async throws {
      let settings = try await Settings.load()
      let reference = try Reference(settings)
      let pages: [ReferencePage]
      if let url = try settings.connections("docs").url {
        pages = try await reference.pages(url)
      } else {
        pages = try await PrivateServer.whileRunning { server in try await reference.pages(migrating: server) }
      }
      for page in pages { try page.write(to: folder) }
      if let environmentFolder { try ReferencePage.environmentExample().write(to: environmentFolder) }
    }
  }

  struct Man: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the manual page, for man.")

    func run() async throws {
      print(try ManualPage().text, terminator: "")
    }
  }
}

/// The reference of the manual: pages from the code and from a migrated database.
struct Reference {
  private let twinsSchema: String
  private let build: Build

  init(_ settings: Settings) throws {
    twinsSchema = settings.twinsSchema
    build = Build.current
  }

  /// The pages, from a new database of this server.
  func pages(migrating server: PrivateServer) async throws -> [ReferencePage] {
    let administrator = try await Connection.open(
      ConnectionSettings(url: server.url(), applicationName: "twinmill docs"))
    try await administrator.script("CREATE DATABASE twinmill")
    await administrator.close()
    let url = server.url(database: "twinmill")
    let connection = try await Connection.open(ConnectionSettings(url: url, applicationName: "twinmill docs"))
    try await build.migrate(connection, twinsSchema: twinsSchema)
    await connection.close()
    return try await pages(url)
  }

  /// The pages, from a migrated database.
  func pages(_ url: String) async throws -> [ReferencePage] {
    let connection = try await Connection.open(ConnectionSettings(url: url, applicationName: "twinmill docs"))
    let functions = try await SchemaReader.functions(connection)
    let relations = try await SchemaReader.relations(
      twinsSchema: twinsSchema, twinTables: Self.twinTables, on: connection)
    await connection.close()
    return [
      .functions(functions, roles: try build.roles()), .views(relations), .tables(relations),
      .privileges(
        functions, relations, roles: try build.roles(),
        definers: Set(functions.filter(\.hasOwnersRights).map(\.name))),
      .settings(),
      .commandLine(), .kinds(try build.kinds(twinsSchema: twinsSchema).map(\.definition)),
      .domains(try build.catalog(twinsSchema: twinsSchema).domains), .exitStatus(), .logEvents(),
    ]
  }

  /// The tables of twins and results: an application may own them, among others that are none of Twinmill's.
  private static let twinTables = [
    "user_digital_twins", "twin_snapshots", "twin_timeline_points", "twin_predictions", "twin_recommendations",
    "product_effects", "twin_correlations", "twin_insights",
  ]
}

extension PrivateServer {
  /// Starts a server in a new folder, and removes both when the body has ended.
  fileprivate static func whileRunning<R>(_ body: (PrivateServer) async throws -> R) async throws -> R {
    let folder = "/var/tmp/twinmill-docs-\(getuid())-\(getpid())"
    let server = try await start(in: folder, durability: .none)
    let result: Result<R, any Error>
    do {
      result = .success(try await body(server))
    } catch {
      result = .failure(error)
    }
    await server.stop()
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      StandardError.write("twinmill: \(folder): cannot be removed: \(error)\n")
    }
    return try result.get()
  }
}

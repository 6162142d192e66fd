import ArgumentParser
import Files
import FoundationEssentials
import Postgres
import Queue
import ReadModels
import Twins

/// `twinmill domains [list|prepare]`
struct DomainsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "domains", abstract: "The kinds of twin, and the tables that their data is in.",
    subcommands: [List.self, Prepare.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the kinds of twin, where their tables are expected, and how many twins there are.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
      let catalog = try await DomainsCommand.catalog()
      let counts = try await global.withConnection { try await catalog.countTwins(on: $0) }
      let table = Table(
        columns: ["domain", "twins", "tables", "summary"],
        rows: catalog.domains.map { domain in
          let tables = domain.tables.map { "\(domain.schema).\($0.name)" }.joined(separator: " ")
          return [domain.name, String(counts[domain.name] ?? 0), tables.isEmpty ? nil : tables, domain.summary]
        })
      table.print(json: global.json)
    }
  }

  struct Prepare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create a kind's missing tables, track changes of them, and make its subjects' twins.",
      discussion: """
        Existing tables stay as they are, whoever owns them. They get statement triggers, which mark the twin whose \
        rows are written, and the indexes for reading that are missing. Everything is recorded; twinmill migrate \
        down removes it. It is safe to run this again at any time. Run roles.sql again afterwards.
        """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The kind of twin, for example reactor.") var domain: String

    func run() async throws {
      let catalog = try await DomainsCommand.catalog()
      guard let domain = catalog[domain] else {
        throw CommandFailure("\(domain): unknown; known: \(catalog.domains.map(\.name).joined(separator: ", "))")
      }
      let registered = try await global.withConnection { connection in
        try await connection.transaction { connection in
          try await catalog.createTables(of: domain, on: connection)
          try await RowSecurity.check(
            tables: domain.inputs, twinsSchema: catalog.twinsSchema, alsoForWorkers: true, on: connection)
          return try await catalog.registerTwins(of: domain, on: connection)
        }
      }
      if global.json {
        print("{\"domain\":\"\(domain.name)\",\"schema\":\(JSON.literal(domain.schema)),\"registered\":\(registered)}")
      } else {
        let tables = domain.tables.map { "\(domain.schema).\($0.name)" }.joined(separator: ", ")
        print("\(domain.name) is ready\(tables.isEmpty ? "" : " (\(tables))"); \(registered) new twins")
      }
    }
  }

  private static func catalog() async throws -> DomainCatalog {
    try await Settings.load().catalog()
  }
}

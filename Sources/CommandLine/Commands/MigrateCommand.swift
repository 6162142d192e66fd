import ArgumentParser
import Files
import FoundationEssentials
import Postgres
import Queue
import Worker

/// `twinmill migrate up|down|status`
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Create, change or remove the database's schema.",
    subcommands: [Up.self, Down.self, Status.self])

  struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Apply what is missing and register the job kinds.")

    @OptionGroup var global: GlobalOptions
    @Option(help: "Stop after this migration.") var to: Int?

    func run() async throws {
      let settings = try await Settings.load()
      try await global.withConnection { connection in
        let taken = try await Build.current.migrate(connection, to: to, twinsSchema: settings.twinsSchema)
        report(taken, verb: "applied", nothing: "up to date", json: global.json)
      }
    }
  }

  struct Down: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take migrations back: exactly what they added goes, with its data.")

    @OptionGroup var global: GlobalOptions
    @Option(help: "Keep migrations up to this one; 0 removes Twinmill from the database.") var to: Int
    @Flag(help: "Also when jobs are waiting or workers are at work.") var force = false

    func run() async throws {
      let settings = try await Settings.load()
      let migrator = Build.current.migrator(twinsSchema: settings.twinsSchema)
      try await global.withConnection { connection in
        if !force { try await refuseInUse(connection) }
        let taken = try await migrator.down(connection, to: to)
        report(taken, verb: "removed", nothing: "nothing to remove", json: global.json)
      }
    }

    private func refuseInUse(_ connection: Connection) async throws {
      let exists = try await connection.query("SELECT to_regclass('twinmill.workers') IS NOT NULL")
      guard try exists[0].decode(Bool.self) else { return }
      let (jobs, workers) = try await connection.query(
        """
        SELECT (SELECT count(*) FROM twinmill.live_jobs), (SELECT count(*) FROM twinmill.workers WHERE lease_until > now())
        """)[0].decode(Int64.self, Int64.self)
      if workers > 0 {
        throw CommandFailure("\(workers) workers are at work; stop them first, or repeat with --force")
      }
      if jobs > 0 {
        throw CommandFailure("\(jobs) jobs are waiting or running; drain the queue first, or repeat with --force")
      }
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show which migrations are applied.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
      let settings = try await Settings.load()
      let migrator = Build.current.migrator(twinsSchema: settings.twinsSchema)
      let status = try await global.withConnection { try await migrator.status($0) }
      let table = Table(
        columns: ["number", "name", "applied_at"],
        rows: status.map { [String($0.number), $0.name, $0.appliedAt.map { $0.formatted(.iso8601) }] })
      table.print(json: global.json)
    }
  }
}

private func report(_ taken: [Migration], verb: String, nothing: String, json: Bool) {
  if json {
    Table(columns: ["number", "name"], rows: taken.map { [String($0.number), $0.name] }).print(json: true)
  } else if taken.isEmpty {
    print(nothing)
  } else {
    for migration in taken { print("\(verb) \(migration.number) \(migration.name)") }
  }
}

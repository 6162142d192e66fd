import ArgumentParser
import Files
import FoundationEssentials
import Postgres
import Queue
import ReadModels
import Worker

/// `twinmill migrate up|down|status|sql`
struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Create, change or remove the database's schema.",
    subcommands: [Up.self, Down.self, Status.self, Script.self])

  struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Apply what is missing and register the job kinds.")

    @OptionGroup var global: GlobalOptions
    @Option(help: "Stop after this migration.") var to: Int?
    @Flag(help: "Put this version's functions in the place of a newer version's.") var older = false

    func run() async throws {
      let settings = try await Settings.load()
      try await global.withConnection { connection in
        let changes = try await Build.current.migrate(
          connection, to: to, replacesNewer: older, twinsSchema: settings.twinsSchema)
        report(
          changes.migrations, changes.routines, verb: "applied", nothing: "up to date", json: global.json)
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
      let migrator = try Build.current.migrator(twinsSchema: settings.twinsSchema)
      try await global.withConnection { connection in
        if !force { try await refuseInUse(connection) }
        let taken = try await migrator.down(connection, to: to)
        report(taken, [], verb: "removed", nothing: "nothing to remove", json: global.json)
      }
    }

    private func refuseInUse(_ connection: Connection) async throws {
      guard let use = try await QueueUse.read(on: connection) else { return }
      if use.workers > 0 {
        throw CommandFailure("\(use.workers) workers are at work; stop them first, or repeat with --force")
      }
      if use.jobs > 0 {
        throw CommandFailure("\(use.jobs) jobs are waiting or running; drain the queue first, or repeat with --force")
      }
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show which migrations are applied, and which functions, views and triggers are out of date.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
      let settings = try await Settings.load()
      let migrator = try Build.current.migrator(twinsSchema: settings.twinsSchema)
      let (status, outdated) = try await global.withConnection { connection in
        (try await migrator.status(connection), try await migrator.outdatedRoutines(connection))
      }
      let steps = status.map { [String($0.number), $0.name, $0.appliedAt.map { $0.formatted(.iso8601) }] }
      if global.json {
        // A function has no number and no time: it is out of date.
        let routines: [[String?]] = outdated.map { [nil, $0, nil] }
        Table(columns: ["number", "name", "applied_at"], rows: steps + routines).print(json: true)
      } else {
        Table(columns: ["number", "name", "applied_at"], rows: steps).print(json: false)
        print(
          outdated.isEmpty
            ? "all functions, views and triggers are this version's"
            : "\(outdated.count) functions, views or triggers are out of date: \(outdated.joined(separator: ", "))")
      }
    }
  }

  struct Script: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "sql", abstract: "Print the SQL that `migrate up` would run now, and change nothing.")

    @Flag(help: "Only functions, views and triggers.") var routines = false

    func run() async throws {
      let settings = try await Settings.load()
      let migrator = try Build.current.migrator(twinsSchema: settings.twinsSchema)
      print(
        try await GlobalOptions.parse([]).withConnection { connection in
          try await migrator.script(connection, routinesOnly: routines)
        }, terminator: "")
    }
  }
}

/// One line a step; functions by name while they are few.
private func report(_ taken: [Migration], _ routines: [String], verb: String, nothing: String, json: Bool) {
  if json {
    let rows: [[String?]] = taken.map { [String($0.number), $0.name] } + routines.map { [nil, $0] }
    return Table(columns: ["number", "name"], rows: rows).print(json: true)
  }
  if taken.isEmpty && routines.isEmpty { print(nothing) }
  for migration in taken { print("\(verb) \(migration.number) \(migration.name)") }
  if routines.count > 10 {
    print("\(verb) \(routines.count) functions, views and triggers")
  } else {
    for routine in routines { print("\(verb) \(routine)") }
  }
}

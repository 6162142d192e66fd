import ArgumentParser
import Files
import Offline
import Postgres
import Queue

/// The command line.
struct Twinmill: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "twinmill",
    abstract: "Background jobs over the histories of digital twins, with a PostgreSQL queue.",
    discussion: """
      DATABASE_URL names the database; without it, libpq's own variables do (PGHOST, PGDATABASE, PGSERVICE, …). A \
      setting is an environment variable, or a line of the YAML file that TWINMILL_CONFIG names; the environment \
      wins.
      """,
    version: BuildInfo.version,
    subcommands: [InternalCommand.self],
    groupedSubcommands: [
      CommandGroup(name: "Run:", subcommands: [WorkerCommand.self, SchedulerCommand.self, DemoCommand.self]),
      CommandGroup(
        name: "Jobs:",
        subcommands: [EnqueueCommand.self, JobsCommand.self, JobCommand.self, SchedulesCommand.self]),
      CommandGroup(name: "Data:", subcommands: [DomainsCommand.self, ImportCommand.self] + OfflineCommands.data),
      CommandGroup(name: "Insight:", subcommands: OfflineCommands.insight),
      CommandGroup(name: "Database:", subcommands: [MigrateCommand.self, VerifyCommand.self, BenchCommand.self]),
    ])

  static func main() async {
    StandardStreams.open()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      try StandardStreams.flush()
    } catch {
      exit(reporting: error)
    }
  }

  /// A remedy for an error of the server that names none.
  private static func remedy(for error: any Error) -> String {
    guard let error = error as? PostgresError, error.hint == nil else { return "" }
    return switch error.sqlstate {
    case "42P01", "3F000", "42883":
      ". Hint: is this the right database, and is its schema there? Run: twinmill migrate up"
    case "22P02" where error.message.hasSuffix("type json"):
      ". Hint: arguments are a JSON object, such as '{\"horizon\": 30}'"
    case "42501":
      ". Hint: the roles and what they may do: Deploy/docs/operate/roles.md; for example GRANT twinmill_read TO …"
    default: ""
    }
  }

  /// Ends the process: errors of the command line as ArgumentParser does, all others in one line and with a status
  /// that tells a supervisor whether trying again can help.
  static func exit(reporting error: any Error) -> Never {
    guard let status = ExitStatus(for: error) else { exit(withError: error) }
    StandardError.write("twinmill: \(error)\(remedy(for: error))\n")
    exit(withError: ExitCode(status.rawValue))
  }
}

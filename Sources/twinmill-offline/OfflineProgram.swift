import ArgumentParser
import Files
import Offline

/// The commands that need no database, as a program that needs no libpq.
@main
struct OfflineProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "twinmill-offline", abstract: "Forecasts, anomalies, correlations and effects of series in files.",
    subcommands: OfflineCommands.data + OfflineCommands.insight + OfflineCommands.measurements)

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
      guard let status = ExitStatus(ofFile: error) else { exit(withError: error) }
      StandardError.write("twinmill-offline: \(error)\n")
      exit(withError: ExitCode(status.rawValue))
    }
  }
}

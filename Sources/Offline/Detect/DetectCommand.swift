import ArgumentParser

/// `twinmill detect`: what is unusual in files, without a database.
struct DetectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "detect",
    abstract: "Find anomalies and changes in CSV files, without a database.",
    subcommands: [DetectAnomaliesCommand.self, DetectChangesCommand.self])
}

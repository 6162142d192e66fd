import ArgumentParser

/// `twinmill bench`: measurements that anyone can repeat; each prints JSON and states its method.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure speed; prints JSON.", subcommands: [BenchCorrelationCommand.self])
}

import ArgumentParser
import Benchmarks
import FoundationEssentials
import Offline
import Postgres

/// `twinmill bench queue`, `twinmill bench correlation`, `twinmill bench chain` and `twinmill bench truth`
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure this installation.",
    subcommands: [Queue.self, BenchCorrelationCommand.self, BenchChainCommand.self] + OfflineCommands.measurements)

  /// Names and summaries in two columns, for a terminal of 80 columns.
  private static var listOfMeasurements: String {
    Measurements.descriptions.map { measurement in
      let lines = wrapped(measurement.summary, width: 64)
      return ("  " + measurement.name).padding(to: 13)
        + lines.joined(separator: "\n" + String(repeating: " ", count: 13))
    }.joined(separator: "\n")
  }

  struct Queue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "queue", abstract: "Measure the queue: rates, latencies, recovery, memory, write-ahead log.",
      discussion: """
        Prints one JSON object on standard output, with a member for each measurement and its method in words. \
        Progress goes to standard error. Without DATABASE_URL it starts a private PostgreSQL with the durability of \
        the server's defaults (fsync and synchronous_commit on) and removes it at the end. With DATABASE_URL it \
        works in the queue "bench" of that database and removes its jobs and their history afterwards. It refuses a \
        database with other workers or other jobs.

        Workers are processes of this same program with the TWINMILL_* settings of the environment; measure the \
        release build. All ratios compare within one run: the sides take turns, and the median of the rounds counts.

        \(listOfMeasurements)
        """)

    @Option(help: "Only these measurements, separated by commas.") var only: String?
    @Option(
      help: """
        Jobs of a drain. Other sizes follow: held snapshot 5 times, large backlog 50 times, small a 20th, kills a 40th.
        """)
    var jobs = 200_000
    @Option(help: "Seconds of steady load; latency takes a third of it for each of its figures.") var seconds = 90.0
    @Option(help: "Rounds of sides that take turns.") var rounds = 3
    @Option(help: "Kills of the measurement kills, 3 s apart.") var kills = 10
    @Flag(help: "Beside drain, run the bare statements of the usual shape, and Twinmill's own without the worker.")
    var compareSQL = false
    @Option(help: "Folder for files and, without DATABASE_URL, for the server (default: a new one in /var/tmp).")
    var folder: String?
    @Option(help: "NAME=VALUE: a setting of the private server; may be repeated.") var setting: [String] = []
    @Flag(help: "Also when the queue is not empty or other workers are at work.") var force = false

    func validate() throws {
      guard (10...10_000_000).contains(jobs) else { throw ValidationError("--jobs: 10 to 10000000.") }
      guard (0.1...3600).contains(seconds) else { throw ValidationError("--seconds: 0.1 to 3600.") }
      guard (1...100).contains(rounds) else { throw ValidationError("--rounds: 1 to 100.") }
      guard (1...1000).contains(kills) else { throw ValidationError("--kills: 1 to 1000.") }
      _ = try measurements()
      _ = try serverSettings()
    }

    func run() async throws {
      let sizes = BenchSizes(
        jobs: jobs, seconds: seconds, rounds: rounds, kills: kills, comparesSQL: compareSQL)
      let stage = try await BenchStage.open(
        try await .ofProgram(), folder: folder, serverSettings: try serverSettings(), force: force)
      let result: Result<BenchReport, any Error>
      do {
        result = .success(try await BenchReport.measure(try measurements(), sizes, stage))
      } catch {
        result = .failure(error)
      }
      await stage.close()
      print(try BenchReport.json(try result.get()))
    }

    private func measurements() throws -> [any Measurement.Type] {
      guard let only else { return Measurements.all }
      return try only.split(separator: ",").map { name in
        guard let measurement = Measurements.named(String(name)) else {
          let known = Measurements.descriptions.map(\.name).joined(separator: ", ")
          throw ValidationError("--only: one or more of \(known), not '\(name)'.")
        }
        return measurement
      }
    }

    private func serverSettings() throws -> [String: String] {
      var settings: [String: String] = [:]
      for text in setting {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw ValidationError("--setting: NAME=VALUE, not '\(text)'.") }
        settings[parts[0]] = parts[1]
      }
      return settings
    }
  }
}

extension BenchSettings {
  /// The settings from the environment and the configuration file.
  static func ofProgram() async throws -> BenchSettings {
    let settings = try await Settings.load()
    let (build, twinsSchema) = (Build.current, settings.twinsSchema)
    return BenchSettings(
      url: try settings.connections("bench").url, worker: try settings.worker(), twinsSchema: twinsSchema,
      migrate: { _ = try await build.migrate($0, twinsSchema: twinsSchema) })
  }
}

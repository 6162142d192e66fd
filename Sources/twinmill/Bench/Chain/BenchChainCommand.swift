import ArgumentParser
import FoundationEssentials
import Postgres

/// `twinmill bench chain`: what the whole chain states about simulated twins, held against the truth.
struct BenchChainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chain", abstract: "Measure how much of what the chain states is true, and how much of the truth it finds.",
    discussion: """
      Simulates skincare twins of which everything is known, records them as an application would, runs twinmill.recompute
      for all of them, and holds every row of the result tables against the truth. Prints one JSON object.
      """)

  @Option(help: "How many twins.") var twins = 1000
  @Option(help: "Days of the longest histories; others have two thirds or a third of it.") var days = 365
  @Option(help: "Of the simulation: the same seed, twins and days give the same data.") var seed: UInt64 = 1
  @Option(help: "A file for every statement and planted fact with its judgement, one JSON object a line.")
  var details: String?
  @Flag(help: "No database: what the modules say of the series, without the rules of the jobs.") var modules = false

  func validate() throws {
    guard (1...100_000).contains(twins) else { throw ValidationError("--twins: 1 to 100000.") }
    guard (60...1100).contains(days) else { throw ValidationError("--days: 60 to 1100.") }
  }

  func run() async throws {
    let today = (Date().timeIntervalSince1970 / 86_400).rounded(.down) * 86_400
    let simulator = TwinSimulator(seed: seed, days: days, end: Date(timeIntervalSince1970: today))
    let simulated = await InOrder.map(Array(0..<twins), threads: nil) { simulator.twin($0) }
    if modules {
      let facts = try await InOrder.map(simulated, threads: nil) { twin in Result { try ChainModules.facts(twin) } }
        .flatMap { try $0.get() }
      let score = ChainScore(facts, about: simulated)
      try write(score)
      print(try Self.json(score))
    }
  }

  private func write(_ score: ChainScore) throws {
    guard let details else { return }
    do {
      try ChainDetails.lines(score).write(toFile: details, atomically: true, encoding: .utf8)
    } catch {
      throw CommandFailure("--details: cannot write \(details): \(error)")
    }
  }

  private static func json(_ score: ChainScore) throws -> String {
    struct Report: Encodable {
      let overall: ChainScore.Overall
      let kinds: [String: ChainScore.Kind]
    }
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(Report(overall: score.overall, kinds: score.kinds)), as: UTF8.self)
  }
}

import ArgumentParser
import FoundationEssentials
import Postgres

/// `twinmill bench chain`: what the whole chain states about simulated twins, held against the truth.
struct BenchChainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chain",
    abstract: "Measure how much of what the chain states is true, and how much of the truth it finds.",
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

  @Option(help: "Folder for files and, without DATABASE_URL, for the server (default: a new one in /var/tmp).")
  var folder: String?
  @Flag(help: "Leave the twins and what was computed of them in the database.") var keep = false
  @Flag(help: "Also when the queue is not empty or other workers are at work.") var force = false

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
      print(try report(score, simulated, until: simulator.end).json())
      return
    }
    let stage = try await BenchStage.open(folder: folder, serverSettings: [:], force: force)
    let result: Result<ChainReport, any Error>
    do {
      result = .success(try await measure(simulated, until: simulator.end, stage))
    } catch {
      result = .failure(error)
    }
    await stage.close()
    print(try result.get().json())
  }

  private func measure(_ twins: [SimulatedTwin], until end: Date, _ stage: BenchStage) async throws -> ChainReport {
    let record = ChainRecord(twinsSchema: stage.twinsSchema)
    return try await stage.withConnection { connection in
      try await record.clear(twins, on: connection)
      let snapshots = try await record.write(twins, on: connection)
      stage.say("\(twins.count) twins, \(snapshots) snapshots")
      do {
        let report = try await measure(twins, snapshots: snapshots, until: end, stage, connection)
        if !keep { try await record.clear(twins, on: connection) }
        return report
      } catch {
        if !keep { try await record.clear(twins, on: connection) }
        throw error
      }
    }
  }

  private func measure(
    _ twins: [SimulatedTwin], snapshots: Int, until end: Date, _ stage: BenchStage, _ connection: Connection
  ) async throws -> ChainReport {
    try await connection.script("ANALYZE")
    let run = ChainRun(stage: stage)
    let first = try await run.pass(twins, on: connection)
    stage.say("all computed in \(first.seconds) s; once more without new data")
    let (facts, told) = try await ChainTables(twinsSchema: stage.twinsSchema).read(twins, on: connection)
    let lineage = try await LineageCheck(of: twins, twinsSchema: stage.twinsSchema, on: connection)
    let again = try await run.pass(twins, on: connection)
    let score = ChainScore(facts, about: twins)
    try write(score)
    var report = report(score, twins, until: end, snapshots: snapshots)
    report.first = first
    report.again = again
    report.texts = TextCheck(told)
    report.lineage = lineage
    return report
  }

  private func report(
    _ score: ChainScore, _ twins: [SimulatedTwin], until end: Date, snapshots: Int? = nil
  ) -> ChainReport {
    ChainReport(
      machine: BenchReport.machine(),
      simulation: ChainReport.Simulation(
        twins: twins.count, quietTwins: twins.count(where: \.isQuiet), days: days, seed: seed,
        until: end.formatted(.iso8601), snapshots: snapshots),
      score: ChainReport.Score(overall: score.overall, kinds: score.kinds))
  }

  private func write(_ score: ChainScore) throws {
    guard let details else { return }
    do {
      try ChainDetails.lines(score).write(toFile: details, atomically: true, encoding: .utf8)
    } catch {
      throw CommandFailure("--details: cannot write \(details): \(error)")
    }
  }
}

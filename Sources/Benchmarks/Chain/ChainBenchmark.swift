import Files
import FoundationEssentials
import Postgres
import Simulation

/// Compares the statements that the whole chain makes about simulated twins with the truth.
package struct ChainBenchmark: Sendable {
  private let twins: Int
  private let days: Int
  private let seed: UInt64
  private let details: String?
  private let keep: Bool

  /// - Parameters:
  ///   - twins: how many.
  ///   - days: of the longest histories.
  ///   - seed: of the simulation.
  ///   - details: a file for every statement and planted fact with its judgement.
  ///   - keep: leaves the twins and what was computed of them in the database.
  package init(twins: Int, days: Int, seed: UInt64, details: String?, keep: Bool) {
    self.twins = twins
    self.days = days
    self.seed = seed
    self.details = details
    self.keep = keep
  }

  /// Judges the findings of the modules alone, without a database and the rules of the jobs.
  /// - Returns: the report as JSON.
  package func modules() async throws -> String {
    let (simulated, end) = await simulate()
    let facts = try await InOrder.map(simulated, threads: nil) { twin in Result { try ChainModules.facts(twin) } }
      .flatMap { try $0.get() }
    let score = ChainScore(facts, about: simulated)
    try write(score)
    return try report(score, simulated, until: end).json()
  }

  /// Records the twins, lets a worker compute everything, twice, and judges what the tables state.
  /// - Returns: the report as JSON.
  package func chain(on stage: BenchStage) async throws -> String {
    let (simulated, end) = await simulate()
    return try await measure(simulated, until: end, stage).json()
  }

  private func simulate() async -> (twins: [SimulatedTwin], end: Date) {
    let today = (Date().timeIntervalSince1970 / 86_400).rounded(.down) * 86_400
    let simulator = TwinSimulator(seed: seed, days: days, end: Date(timeIntervalSince1970: today))
    return (await InOrder.map(Array(0..<twins), threads: nil) { simulator.twin($0) }, simulator.end)
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

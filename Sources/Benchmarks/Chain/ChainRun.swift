import Files
import FoundationEssentials
import Postgres
import Simulation

/// The chain as users run it: data recorded, `twinmill.recompute` for every twin, one worker process until all is done.
struct ChainRun: Sendable {
  let stage: BenchStage

  /// One pass over all twins.
  struct Pass: Encodable, Sendable {
    let seconds: Double
    /// Of the worker process.
    let processorSeconds: Double
    let twinsPerSecond: Double
    /// By the worker's processor time.
    let twinsPerSecondPerCore: Double
    let kinds: [String: KindTimes]
    /// Reasons of jobs that did not complete, by number.
    let failures: [String: Int]
  }

  /// The jobs of one kind.
  struct KindTimes: Encodable, Sendable {
    let jobs: Int
    let completed: Int
    let unchanged: Int
    let ofMoreThanOneAttempt: Int
    /// Wall time in which at least one of its batches was being worked on.
    let busySeconds: Double
    let twinsPerSecond: Double
  }

  private static let queue = "default"
  /// Without an end of any job for so long, something is wrong.
  private static let patience = Duration.seconds(600)

  /// Enqueues and waits.
  func pass(_ twins: [SimulatedTwin], on connection: Connection) async throws -> Pass {
    let since = try await ServerClock.now(on: connection)
    let asked: Int64 = try await connection.query(
      """
      SELECT count(*) FROM unnest(\(twins.map(\.id))::uuid[]) AS t (id) CROSS JOIN LATERAL twinmill.recompute(t.id)
      """)[0].decode(Int64.self)
    stage.say("  \(asked) jobs")
    let started = ContinuousClock.now
    let processor = try await BenchWorker.with(stage, queue: Self.queue) { worker in
      try await untilDone(twins, asked: Int(asked), worker, connection)
      return worker.processorSeconds()
    }
    let seconds = (ContinuousClock.now - started).seconds
    return Pass(
      seconds: seconds.rounded(to: 2), processorSeconds: processor.rounded(to: 2),
      twinsPerSecond: (Double(twins.count) / seconds).rounded(to: 2),
      twinsPerSecondPerCore: (Double(twins.count) / max(processor, 1e-9)).rounded(to: 2),
      kinds: try await times(twins, since, connection), failures: try await failures(twins, since, connection))
  }

  private func untilDone(
    _ twins: [SimulatedTwin], asked: Int, _ worker: BenchWorker, _ connection: Connection
  ) async throws {
    var left = asked
    var movedAt = ContinuousClock.now
    var toldAt = ContinuousClock.now
    while left > 0 {
      try worker.check()
      try await Task.sleep(for: .milliseconds(100))
      let open: Int64 = try await connection.query(
        "SELECT count(*) FROM twinmill.jobs WHERE twin_id = ANY (\(twins.map(\.id)))")[0].decode(Int64.self)
      if Int(open) != left {
        left = Int(open)
        movedAt = .now
      }
      if ContinuousClock.now - toldAt > .seconds(15) {
        stage.say("  \(left) of \(asked) jobs to go")
        toldAt = .now
      }
      guard ContinuousClock.now - movedAt < Self.patience else {
        throw CommandFailure("no job has finished for \(Self.patience); see \(stage.folder)/worker.log")
      }
    }
  }

  private func times(
    _ twins: [SimulatedTwin], _ since: Date, _ connection: Connection
  ) async throws -> [String: KindTimes] {
    let statement = Statement("chain_times", Embedded.Statements.chain_times)
    var kinds: [String: KindTimes] = [:]
    for row in try await connection.query(statement(twins.map(\.id), since)) {
      let (kind, jobs, completed, unchanged, again, seconds, _, _) = try row.decode(
        String.self, Int64.self, Int64.self, Int64.self, Int64.self, Double.self, Date?.self, Date.self)
      kinds[kind] = KindTimes(
        jobs: Int(jobs), completed: Int(completed), unchanged: Int(unchanged), ofMoreThanOneAttempt: Int(again),
        busySeconds: seconds.rounded(to: 2), twinsPerSecond: (Double(jobs) / max(seconds, 1e-6)).rounded(to: 2))
    }
    return kinds
  }

  private func failures(
    _ twins: [SimulatedTwin], _ since: Date, _ connection: Connection
  ) async throws -> [String: Int] {
    let statement = Statement("chain_failures", Embedded.Statements.chain_failures)
    var reasons: [String: Int] = [:]
    for row in try await connection.query(statement(twins.map(\.id), since)) {
      let (kind, reason, jobs) = try row.decode(String.self, String.self, Int64.self)
      reasons["\(kind): \(reason)", default: 0] += Int(jobs)
    }
    return reasons
  }
}

import Files
import FoundationEssentials
import Postgres
import Simulation

/// One worker process empties a backlog; beside it, the bare statements.
struct DrainMeasurement: Measurement {
  static let name = "drain"
  static let summary =
    "waiting no-op jobs, from process start to an empty queue; --compare-sql runs the bare statements"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      Jobs of kind probe without arguments wait, the server is vacuumed and checkpointed; time runs from the start of \
      one worker process until no job is left, seen by a poll of 20 ms. The bare sides run in this process, from \
      opening their connections to the last commit, with the worker's batch size and its number of batches in flight \
      as connections. usual_shape: a table of the same columns and its indexes, UPDATE … SKIP LOCKED behind a cursor \
      (not durable), fenced DELETE and INSERT into a history (durable). own_statements: what the worker runs, without \
      the worker. Sides take turns; ratios are within a round.
      """
    let jobs: Int
    let worker: RateFigures
    let workerSeconds: [Double]
    var usualShape: RateFigures?
    var ownStatements: RateFigures?
    var workerToUsualShape: RatioFigures?
    var workerToOwnStatements: RatioFigures?
    var ownStatementsToUsualShape: RatioFigures?
  }

  func run() async throws -> Figures {
    var worker: [Double] = []
    var usual: [Double] = []
    var own: [Double] = []
    let sides = sizes.comparesSQL ? 3 : 1
    for round in 1...sizes.rounds {
      // The first one has the colder server, so each is first in turn.
      for turn in 0..<sides {
        switch (turn + round - 1) % sides {
        case 0: worker.append(try await WorkerDrain(stage: stage).run(sizes.jobs).rate)
        case 1: usual.append(try await UsualShape(stage: stage).drain(sizes.jobs))
        default: own.append(try await OwnStatements(stage: stage).drain(sizes.jobs))
        }
      }
      let others =
        sizes.comparesSQL ? ", usual shape \(Int(usual.last ?? 0))/s, own statements \(Int(own.last ?? 0))/s" : ""
      stage.say("  round \(round): worker \(Int(worker.last ?? 0))/s\(others)")
    }
    var figures = Figures(
      jobs: sizes.jobs, worker: RateFigures(worker),
      workerSeconds: worker.map { (Double(sizes.jobs) / $0).rounded(to: 3) })
    if sizes.comparesSQL {
      figures.usualShape = RateFigures(usual)
      figures.ownStatements = RateFigures(own)
      figures.workerToUsualShape = RatioFigures(worker, over: usual)
      figures.workerToOwnStatements = RatioFigures(worker, over: own)
      figures.ownStatementsToUsualShape = RatioFigures(own, over: usual)
    }
    return figures
  }
}

/// One worker process and one backlog, from the process's start to an empty queue.
struct WorkerDrain: Sendable {
  let stage: BenchStage

  struct Outcome: Sendable {
    /// Jobs a second, over all of it.
    let rate: Double
    /// When the first job was claimed, then when each tenth of the jobs had finished, by the server's clock.
    let instants: [Date]
    /// Jobs of each tenth.
    let tenths: [Int]
    /// Highest resident memory of the worker, in MB.
    let peakMemory: Double
    /// Resident memory at each look, in MB.
    let memory: [Double]

    /// Jobs a second of each tenth of the jobs, in the order in which they finished.
    var profile: [Double] {
      zip(tenths, zip(instants, instants.dropFirst())).map { count, span in
        Double(count) / max(span.1.timeIntervalSince(span.0), 1e-6)
      }
    }

    /// Jobs a second from the first claim on: without the process's start.
    var busyRate: Double {
      guard let first = instants.first, let last = instants.last else { return rate }
      return Double(tenths.reduce(0, +)) / max(last.timeIntervalSince(first), 1e-6)
    }
  }

  private static let ends = Statement("bench_ends", Embedded.Statements.bench_ends)

  /// Fills, starts, waits, and takes everything away.
  /// - Parameter beforeStart: called when the backlog is there and nothing runs yet.
  func run(
    _ jobs: Int, _ mix: Backlog.Mix = Backlog.Mix(), beforeStart: (Connection) async throws -> Void = { _ in }
  ) async throws -> Outcome {
    let connection = try await stage.connect()
    do {
      let outcome = try await run(jobs, mix, connection, beforeStart)
      await connection.close()
      return outcome
    } catch {
      await connection.close()
      throw error
    }
  }

  private func run(
    _ jobs: Int, _ mix: Backlog.Mix, _ connection: Connection, _ beforeStart: (Connection) async throws -> Void
  ) async throws -> Outcome {
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    try await backlog.fill(jobs, mix, on: connection)
    let last = try await backlog.last(on: connection)
    try await beforeStart(connection)
    var memory: [Double] = []
    var peak = 0.0
    let started = ContinuousClock.now
    var seconds = 0.0
    try await BenchWorker.with(stage) { worker in
      try await backlog.untilEmpty(last: last, workers: [worker], on: connection) {
        memory.append(worker.memory().now)
      }
      seconds = (ContinuousClock.now - started).seconds
      peak = worker.memory().peak
    }
    let ends = try await Self.tenths(on: connection)
    guard ends.counts.reduce(0, +) == jobs else {
      throw CommandFailure("\(jobs) jobs were drained, the history has \(ends.counts.reduce(0, +)) of them")
    }
    try await backlog.clear(on: connection)
    return Outcome(
      rate: Double(jobs) / seconds, instants: ends.instants, tenths: ends.counts, peakMemory: peak, memory: memory)
  }

  private static func tenths(on connection: Connection) async throws -> (instants: [Date], counts: [Int]) {
    var instants: [Date] = []
    var counts: [Int] = []
    for row in try await connection.query(ends(BenchStage.queue)) {
      let (tenth, instant, count) = try row.decode(Int32.self, Date?.self, Int64.self)
      guard let instant else { continue }
      instants.append(instant)
      if tenth > 0 { counts.append(Int(count)) }
    }
    return (instants, counts)
  }
}

import Files
import FoundationEssentials
import Postgres
import Simulation

/// From an enqueue's commit to the beginning of the job's load, in another process.
struct LatencyMeasurement: Measurement {
  static let name = "latency"
  static let summary = "enqueue committed to load begins: idle, at half load, without listening"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      This process enqueues 50 jobs a second by single calls, at random instants within their 20 ms; one worker process \
      runs them. Both ends are the server's clock: the commit is clock_timestamp() in the same pipeline right behind \
      COMMIT, the call is the transaction's start; load begins at job_history.started_at, which the worker reckons as \
      the claim's server time plus what has passed since its answer came. to_finish_ms ends at the finishing \
      statement's own clock, an upper bound that leaves nothing to reckon. half_load: enqueue_many keeps the worker at \
      half the rate at which it drains. poll_only: TWINMILL_LISTEN_URL=none.
      """
    let perSecond = LatencyMeasurement.rate
    let seconds: Double
    let idle: StartLatency
    let halfLoad: StartLatency
    let halfLoadAskedPerSecond: Double
    let halfLoadReachedPerSecond: Double
    let pollOnly: StartLatency
    let pollIntervalMs: Double
    let pollOnlyP99BeyondIntervalMs: Double?
  }

  static let rate = 50.0

  func run() async throws -> Figures {
    let seconds = sizes.latencySeconds
    let idle = try await measure([:], background: nil)
    let capacity = try await WorkerDrain(stage: stage).run(min(sizes.jobs, 100_000)).busyRate
    let load = try await measure([:], background: capacity / 2)
    let poll = try await measure(["TWINMILL_LISTEN_URL": "none"], background: nil)
    let interval = stage.worker.poll.seconds * 1000
    return Figures(
      seconds: seconds, idle: idle.latency, halfLoad: load.latency,
      halfLoadAskedPerSecond: (capacity / 2).rounded(to: 0), halfLoadReachedPerSecond: load.reached.rounded(to: 0),
      pollOnly: poll.latency, pollIntervalMs: interval,
      pollOnlyP99BeyondIntervalMs: poll.latency.fromCommit.p99Ms.map { ($0 - interval).rounded(to: 3) })
  }

  private func measure(
    _ environment: [String: String?], background: Double?
  ) async throws -> (latency: StartLatency, reached: Double) {
    let connection = try await stage.connect()
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    try await backlog.settle(on: connection)
    var asked: [LoadProducer.Asked] = []
    var reached = 0.0
    try await BenchWorker.with(stage, environment: environment) { worker in
      try await warmUp(worker, on: connection)
      let load = LoadProducer(stage: stage, seconds: sizes.latencySeconds)
      async let others = load.runBackground(rate: background ?? 0)
      asked = try await load.run(rate: Self.rate, perCall: 1)
      reached = try await others
      let last = asked.flatMap(\.jobs).max() ?? 0
      try await backlog.untilEmpty(last: last, workers: [worker], on: connection)
    }
    let latency = try await StartLatency(asked, on: connection)
    try await backlog.clear(on: connection)
    await connection.close()
    return (latency, reached)
  }

  /// The first job of a worker pays for opening connections and preparing statements.
  private func warmUp(_ worker: BenchWorker, on connection: Connection) async throws {
    for _ in 1...5 {
      let jobs = try await Enqueuer.enqueueMany(Enqueuer.array(1), on: connection)
      try await Backlog(stage: stage).untilEmpty(last: jobs.max() ?? 0, workers: [worker], on: connection)
    }
  }
}

/// Latencies of jobs whose enqueueing is known.
struct StartLatency: Encodable {
  let fromCommit: LatencyFigures
  let fromCall: LatencyFigures
  let toFinishMs: LatencyFigures

  private static let endings = Statement("bench_endings", Embedded.Statements.bench_endings)

  init(_ asked: [LoadProducer.Asked], on connection: Connection) async throws {
    var calls: [Int64: LoadProducer.Asked] = [:]
    for call in asked {
      for job in call.jobs { calls[job] = call }
    }
    var fromCommit: [Double] = []
    var fromCall: [Double] = []
    var toFinish: [Double] = []
    for row in try await connection.query(Self.endings(BenchStage.queue)) {
      let (job, _, started, finished, _, _) = try row.decode(
        Int64.self, Date.self, Date.self, Date.self, String.self, Int32.self)
      guard let call = calls[job] else { continue }
      fromCommit.append(started.timeIntervalSince(call.committedAt) * 1000)
      fromCall.append(started.timeIntervalSince(call.calledAt) * 1000)
      toFinish.append(finished.timeIntervalSince(call.committedAt) * 1000)
    }
    guard fromCommit.count == calls.count else {
      throw CommandFailure("\(calls.count) jobs were enqueued, \(fromCommit.count) are in the history")
    }
    self.fromCommit = LatencyFigures(fromCommit)
    self.fromCall = LatencyFigures(fromCall)
    toFinishMs = LatencyFigures(toFinish)
  }
}

/// A producer that asks at a rate, whatever becomes of the jobs.
struct LoadProducer: Sendable {
  let stage: BenchStage
  let seconds: Double

  /// One committed call, by the server's clock.
  struct Asked: Sendable {
    let jobs: [Int64]
    let calledAt: Date
    let committedAt: Date
  }

  /// Calls at random instants, one within each equal span of time; late calls follow at once.
  /// - Parameters:
  ///   - rate: jobs a second.
  ///   - perCall: jobs of a call.
  func run(rate: Double, perCall: Int, arguments: String = "{}") async throws -> [Asked] {
    let connection = try await stage.connect()
    let call = Enqueuer.call(perCall, arguments: arguments)
    let span = Double(perCall) / rate
    let started = ContinuousClock.now
    var asked: [Asked] = []
    var number = 0.0
    while number * span < seconds {
      try await Task.sleep(until: started + .seconds((number + .random(in: 0..<1)) * span))
      asked.append(try await Self.ask(call, on: connection))
      number += 1
    }
    await connection.close()
    return asked
  }

  /// `enqueue_many` of a hundred at a time, as often as the rate wants; 0: nothing.
  /// - Returns: the rate that was reached.
  func runBackground(rate: Double) async throws -> Double {
    guard rate > 0 else { return 0 }
    let started = ContinuousClock.now
    let perCall = max(1, min(100, Int(rate / 10)))
    let asked = try await run(rate: rate, perCall: perCall)
    return Double(asked.count * perCall) / max((ContinuousClock.now - started).seconds, seconds)
  }

  private static func ask(_ call: SQL, on connection: Connection) async throws -> Asked {
    let answers = try await connection.pipeline(["BEGIN", "SELECT now()", call, "COMMIT", "SELECT clock_timestamp()"])
    return Asked(
      jobs: try Enqueuer.ids(answers[2]), calledAt: try answers[1][0].decode(Date.self),
      committedAt: try answers[4][0].decode(Date.self))
  }
}

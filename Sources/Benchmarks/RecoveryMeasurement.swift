import FoundationEssentials
import Postgres

/// How long the jobs of a killed worker wait.
struct RecoveryMeasurement: Measurement {
  static let name = "recovery"
  static let summary = "SIGKILL of one of two workers, until its jobs run again"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      Two workers share probes that sleep 1.5 s; when all are running one worker gets SIGKILL. Times are by the \
      server's clock, from just before the signal to job_history.claimed_at (and started_at) of the attempt that \
      completed the job; only the killed worker's jobs count. Heartbeat and lease as stated under workers.
      """
    let jobs: Int
    let rounds: Int
    let victims: Int
    let claimedAgain: LatencyFigures
    let startedAgain: LatencyFigures
  }

  private static let endings = Statement("bench_endings", Embedded.Statements.bench_endings)
  private static let victims = Statement("bench_victims", Embedded.Statements.bench_victims)

  /// The jobs of one kill come back together: quantiles need many kills.
  private var rounds: Int { sizes.rounds * 4 }

  func run() async throws -> Figures {
    var claimed: [Double] = []
    var started: [Double] = []
    for round in 1...rounds {
      let times = try await kill()
      claimed += times.map(\.claimed)
      started += times.map(\.started)
      stage.say("  round \(round): \(times.count) jobs of the killed worker")
    }
    return Figures(
      jobs: sizes.recoveryJobs, rounds: rounds, victims: claimed.count, claimedAgain: LatencyFigures(claimed),
      startedAgain: LatencyFigures(started))
  }

  /// - Returns: milliseconds from the kill, of each of the victim's jobs.
  private func kill() async throws -> [(claimed: Double, started: Double)] {
    let connection = try await stage.connect()
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    let first = try await BenchWorker.start(stage)
    let second = try await BenchWorker.start(stage)
    let times: [(claimed: Double, started: Double)]
    do {
      times = try await kill(first, second, backlog, connection)
    } catch {
      await first.kill()
      await second.kill()
      throw error
    }
    await first.stop()
    await second.stop()
    try await backlog.clear(on: connection)
    await connection.close()
    return times
  }

  private func kill(
    _ first: BenchWorker, _ second: BenchWorker, _ backlog: Backlog, _ connection: Connection
  ) async throws -> [(claimed: Double, started: Double)] {
    try await untilRegistered(2, [first, second], connection)
    var last: Int64 = 0
    for _ in 0..<8 {
      let jobs = try await Enqueuer.enqueueMany(
        Enqueuer.array(max(1, sizes.recoveryJobs / 8), arguments: #"{"sleep_ms":1500}"#), on: connection)
      last = jobs.max() ?? last
    }
    try await untilAllRun(connection)
    // The one with more jobs.
    let ofFirst = try await victims(of: first, connection)
    let ofSecond = try await victims(of: second, connection)
    let (victim, jobs) = ofFirst.count >= ofSecond.count ? (first, ofFirst) : (second, ofSecond)
    let killedAt = try await ServerClock.now(on: connection)
    await victim.kill()
    try await backlog.untilEmpty(last: last, workers: victim === first ? [second] : [first], on: connection)
    return try await times(of: jobs, since: killedAt, connection)
  }

  private func times(
    of jobs: Set<Int64>, since killedAt: Date, _ connection: Connection
  ) async throws -> [(claimed: Double, started: Double)] {
    var times: [(claimed: Double, started: Double)] = []
    for row in try await connection.query(Self.endings(BenchStage.queue)) {
      let (job, claimed, started, _, _, _) = try row.decode(
        Int64.self, Date.self, Date.self, Date.self, String.self, Int32.self)
      // A job that had ended before the signal came.
      guard jobs.contains(job), claimed > killedAt else { continue }
      times.append((claimed.timeIntervalSince(killedAt) * 1000, started.timeIntervalSince(killedAt) * 1000))
    }
    return times
  }

  private func victims(of worker: BenchWorker, _ connection: Connection) async throws -> Set<Int64> {
    var jobs: Set<Int64> = []
    for row in try await connection.query(Self.victims(worker.id)) { jobs.insert(try row.decode(Int64.self)) }
    return jobs
  }

  private func untilRegistered(_ count: Int, _ workers: [BenchWorker], _ connection: Connection) async throws {
    let ids = workers.map(\.id)
    while true {
      for worker in workers { try worker.check() }
      let registered: Int64 = try await connection.query(
        "SELECT count(*) FROM twinmill.workers WHERE pid = ANY (\(ids)) AND heartbeats > 0")[0].decode(Int64.self)
      if registered == count { return }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// At most a second: what is waiting then waits for room.
  private func untilAllRun(_ connection: Connection) async throws {
    let started = ContinuousClock.now
    while ContinuousClock.now - started < .seconds(1) {
      let waiting: Int64 = try await connection.query(
        "SELECT count(*) FROM twinmill.jobs WHERE queue = \(BenchStage.queue) AND state <> 'running'")[0]
        .decode(Int64.self)
      if waiting == 0 { return }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}

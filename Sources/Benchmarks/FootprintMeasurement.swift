import FoundationEssentials
import Postgres
import Simulation

/// How soon a process works, and how much memory it takes.
struct FootprintMeasurement: Measurement {
  static let name = "footprint"
  static let summary = "process start to the first claim; resident memory"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      start: one job waits; from the server's clock just before the process starts to job_history.claimed_at. Memory is \
      VmRSS of /proc/PID/status: idle two seconds after the first job has finished; at full drain sampled every 20 ms, \
      the median of the second half of the samples, and VmHWM at the end.
      """
    let startToFirstClaim: LatencyFigures
    let idleMb: Double
    let drainJobs: Int
    let drainMb: Double
    let drainPeakMb: Double
  }

  private static let endings = Statement("bench_endings", Embedded.Statements.bench_endings)

  func run() async throws -> Figures {
    var starts: [Double] = []
    var idle: [Double] = []
    for round in 0..<(sizes.rounds * 5) {
      let (start, memory) = try await start(idles: round < sizes.rounds)
      starts.append(start)
      if let memory { idle.append(memory) }
    }
    let drain = try await WorkerDrain(stage: stage).run(sizes.jobs)
    let samples = Array(drain.memory[(drain.memory.count / 2)...])
    return Figures(
      startToFirstClaim: LatencyFigures(starts), idleMb: idle.median.rounded(to: 1), drainJobs: sizes.jobs,
      drainMb: samples.median.rounded(to: 1), drainPeakMb: drain.peakMemory)
  }

  /// - Returns: milliseconds to the first claim, and the memory of the idle worker if asked for.
  private func start(idles: Bool) async throws -> (milliseconds: Double, memory: Double?) {
    let connection = try await stage.connect()
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    let job = try await Enqueuer.enqueueMany(Enqueuer.array(1), on: connection)
    let startedAt = try await ServerClock.now(on: connection)
    var memory: Double?
    try await BenchWorker.with(stage) { worker in
      try await backlog.untilEmpty(last: job[0], workers: [worker], on: connection)
      guard idles else { return }
      try await Task.sleep(for: .seconds(2))
      memory = worker.memory().now
    }
    let claimedAt = try await connection.query(Self.endings(BenchStage.queue))[0].decode(Int64.self, Date.self).1
    try await backlog.clear(on: connection)
    await connection.close()
    return (claimedAt.timeIntervalSince(startedAt) * 1000, memory)
  }
}

import FoundationEssentials
import Postgres
import Simulation

/// A steady load while somebody's transaction holds its snapshot.
struct SteadyMeasurement: Measurement {
  static let name = "steady"
  static let summary = "1,500 jobs/s with and without a held snapshot"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      enqueue_many of 15 probes 100 times a second, at random instants, for so many seconds, one worker; first free, \
      then with a REPEATABLE READ transaction that took its snapshot before the first job. Latency as in latency. \
      last_third: of the jobs enqueued in the last third of the time.
      """
    let perSecond = SteadyMeasurement.rate
    let seconds: Double
    let free: Side
    let held: Side
    let heldToFreeP50: Double?
    let heldToFreeP50LastThird: Double?
  }

  struct Side: Encodable {
    let reachedPerSecond: Double
    let latency: StartLatency
    let lastThird: StartLatency
  }

  static let rate = 1500.0

  func run() async throws -> Figures {
    let free = try await measure(held: false)
    let held = try await measure(held: true)
    return Figures(
      seconds: sizes.seconds, free: free, held: held,
      heldToFreeP50: Self.ratio(held.latency, free.latency),
      heldToFreeP50LastThird: Self.ratio(held.lastThird, free.lastThird))
  }

  private static func ratio(_ held: StartLatency, _ free: StartLatency) -> Double? {
    guard let held = held.fromCommit.p50Ms, let free = free.fromCommit.p50Ms, free > 0 else { return nil }
    return (held / free).rounded(to: 3)
  }

  private func measure(held: Bool) async throws -> Side {
    let connection = try await stage.connect()
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    try await backlog.settle(on: connection)
    let holder = SnapshotHolder(stage: stage)
    let side = try await holder.release(after: {
      if held { try await holder.hold() }
      return try await load(backlog, connection)
    })
    try await backlog.clear(on: connection)
    await connection.close()
    stage.say("  \(held ? "held" : "free"): p50 \(side.latency.fromCommit.p50Ms ?? .nan) ms")
    return side
  }

  private func load(_ backlog: Backlog, _ connection: Connection) async throws -> Side {
    var asked: [LoadProducer.Asked] = []
    try await BenchWorker.with(stage) { worker in
      asked = try await LoadProducer(stage: stage, seconds: sizes.seconds).run(rate: Self.rate, perCall: 15)
      try await backlog.untilEmpty(last: asked.flatMap(\.jobs).max() ?? 0, workers: [worker], on: connection)
    }
    let span = max(asked.last?.committedAt.timeIntervalSince(asked[0].calledAt) ?? 1, 1e-3)
    return Side(
      reachedPerSecond: (Double(asked.reduce(0) { $0 + $1.jobs.count }) / span).rounded(to: 0),
      latency: try await StartLatency(asked, on: connection),
      lastThird: try await StartLatency(Array(asked[(asked.count * 2 / 3)...]), on: connection))
  }
}

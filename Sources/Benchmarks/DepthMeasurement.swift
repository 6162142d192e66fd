import FoundationEssentials
import Postgres
import Simulation

/// Whether a claim costs more in a deep queue.
struct DepthMeasurement: Measurement {
  static let name = "depth"
  static let summary = "claims per second at a small and at a large backlog"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      The backlog holds three priorities, and every third job is due tomorrow. One connection looks at the lanes and \
      claims 15 batches with the worker's own statements; only the claims' round trips count, each claim is finished \
      outside the clock. Five batches come before, as a connection plans its first statements anew each time. All are of \
      the first priority, also of the small backlog: on both sides every page is met for the first time since a \
      checkpoint. The small backlog is made anew for each pass and measured before and after the large one; the ratio is \
      of the large one's median to the mean of those two, as a machine may become faster or slower meanwhile. look_ms: a \
      look at every lane from the front, which a worker does once a second.
      """
    let batch: Int
    let small: Side
    let large: Side
    let largeToSmall: Double
  }

  struct Side: Encodable {
    let jobs: Int
    let claimedPerSecond: RateFigures
    let lookMs: LatencyFigures
  }

  /// One pass: jobs claimed a second, milliseconds of a look.
  private struct Pass {
    let rate: Double
    let look: Double
  }

  private static let claims = 15
  private static let warmUp = 5
  private static let mix = Backlog.Mix(priorities: 3, laterEvery: 3)
  private var passes: Int { sizes.rounds * 6 }
  /// 20 batches take 20 of a hundred jobs; 22 are ready and of the first priority.
  private var batch: Int { max(1, min(sizes.smallBacklog / 100, stage.batchLimit)) }

  func run() async throws -> Figures {
    let connection = try await stage.connect()
    let before = try await small(connection)
    let large = try await large(connection)
    let after = try await small(connection)
    let beside = (before.map(\.rate).median + after.map(\.rate).median) / 2
    try await Backlog(stage: stage).clear(on: connection)
    await connection.close()
    return Figures(
      batch: batch, small: Self.side(sizes.smallBacklog, before + after), large: Self.side(sizes.largeBacklog, large),
      largeToSmall: (large.map(\.rate).median / beside).rounded(to: 3))
  }

  private static func side(_ jobs: Int, _ passes: [Pass]) -> Side {
    Side(jobs: jobs, claimedPerSecond: RateFigures(passes.map(\.rate)), lookMs: LatencyFigures(passes.map(\.look)))
  }

  private func small(_ connection: Connection) async throws -> [Pass] {
    let backlog = Backlog(stage: stage)
    var results: [Pass] = []
    for _ in 0..<passes {
      try await backlog.clear(on: connection)
      try await backlog.fill(sizes.smallBacklog, Self.mix, on: connection)
      results.append(try await pass())
    }
    return results
  }

  private func large(_ connection: Connection) async throws -> [Pass] {
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    try await backlog.fill(sizes.largeBacklog, Self.mix, on: connection)
    var results: [Pass] = []
    for _ in 0..<passes {
      try await backlog.checkpoint(on: connection)
      results.append(try await pass())
    }
    return results
  }

  /// On a connection of its own: the plans that one caches are those of the tables as they were.
  private func pass() async throws -> Pass {
    try await stage.withConnection { try await pass(on: $0) }
  }

  private func pass(on connection: Connection) async throws -> Pass {
    let own = OwnStatements(stage: stage)
    try await own.register(on: connection)
    let cursors = OwnStatements.Cursors()
    let look = try await ContinuousClock.seconds { try await own.readLanes(cursors, on: connection) }
    var claimed = 0
    var seconds = 0.0
    for number in -Self.warmUp..<Self.claims {
      let started = ContinuousClock.now
      let claim = try await own.claim(batch, cursors, on: connection)
      let elapsed = (ContinuousClock.now - started).seconds
      guard let claim else { break }
      if number >= 0 {
        seconds += elapsed
        claimed += claim.jobs.count
      }
      _ = try await own.finish(claim, on: connection)
    }
    try await own.remove(on: connection)
    return Pass(rate: Double(claimed) / max(seconds, 1e-9), look: look * 1000)
  }
}

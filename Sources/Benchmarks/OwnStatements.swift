import Files
import FoundationEssentials
import Postgres
import Queue
import Synchronization

/// Runs a worker's statements against the queue without the worker: no heartbeat, no loading, no computing.
struct OwnStatements: Sendable {
  let stage: BenchStage
  private let worker = QueueWorker()

  init(stage: BenchStage) {
    self.stage = stage
  }

  typealias Claimed = JobQueue.Claim

  /// The lanes, and cursors that all connections share, as in a worker.
  final class Cursors: Sendable {
    private let state = Mutex((lanes: [Lane](), cursors: ClaimCursors()))

    func change<R: Sendable>(_ body: (inout (lanes: [Lane], cursors: ClaimCursors)) -> R) -> R {
      state.withLock { body(&$0) }
    }
  }

  // MARK: - Drain

  /// - Returns: jobs a second, from opening the connections to the last commit.
  func drain(_ jobs: Int) async throws -> Double {
    let backlog = Backlog(stage: stage)
    try await stage.withConnection { connection in
      try await backlog.clear(on: connection)
      try await backlog.fill(jobs, on: connection)
    }
    var finished = 0
    let seconds = try await ContinuousClock.seconds { finished = try await runConnections() }
    guard finished == jobs else { throw CommandFailure("the own statements finished \(finished) of \(jobs) jobs") }
    try await stage.withConnection { try await backlog.clear(on: $0) }
    return Double(jobs) / seconds
  }

  private func runConnections() async throws -> Int {
    let keeper = try await stage.connect()
    try await register(on: keeper)
    let cursors = Cursors()
    try await readLanes(cursors, on: keeper)
    let finished = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<stage.worker.concurrency { group.addTask { try await runConnection(cursors) } }
      return try await group.reduce(0, +)
    }
    try await worker.remove(on: keeper)
    await keeper.close()
    return finished
  }

  private func runConnection(_ cursors: Cursors) async throws -> Int {
    let connection = try await stage.connect()
    var finished = 0
    while let claim = try await claim(stage.batchLimit, cursors, on: connection) {
      finished += try await finish(claim, on: connection)
    }
    await connection.close()
    return finished
  }

  // MARK: - Steps

  /// Introduces a worker that nobody declares dead while this lasts.
  func register(on connection: Connection) async throws {
    try await worker.register(
      QueueWorker.Registration(
        hostname: "bench", pid: 0, queues: [BenchStage.queue], kinds: ["probe"], lease: .seconds(7200),
        heartbeat: .seconds(2400)), on: connection)
  }

  /// Says goodbye.
  func remove(on connection: Connection) async throws {
    try await worker.remove(on: connection)
  }

  /// Reads the lanes and scans each from its head.
  func readLanes(_ cursors: Cursors, on connection: Connection) async throws {
    let lanes = try await JobQueue.promoteDueAndReadLanes(
      queues: [BenchStage.queue], kinds: ["probe"], on: connection
    ).lanes
    let heads = try await JobQueue.headScan(of: lanes, on: connection)
    cursors.change { state in
      state.lanes = lanes
      for head in heads { state.cursors.found(head.queue, first: head.position) }
    }
  }

  /// One batch; nil: nothing there.
  func claim(_ limit: Int, _ cursors: Cursors, on connection: Connection) async throws -> Claimed? {
    while true {
      let ranges = cursors.change { Self.ranges($0.lanes, $0.cursors, limit) }
      let claim = try await worker.claimUnlimited(ranges, token: UUID(), on: connection)
      guard !claim.portions.isEmpty else {
        guard cursors.change({ $0.cursors.foundNothing(in: ranges.map(\.queue), at: .now) }) else { return nil }
        continue
      }
      cursors.change { state in
        for portion in claim.portions {
          guard let range = ranges.first(where: { $0.queue == portion.queue }) else { continue }
          state.cursors.claimed(
            portion.queue, after: range.cursor, lastPosition: portion.lastPosition, isDrained: portion.count < limit,
            snapshot: claim.snapshot, at: .now)
        }
      }
      if !claim.jobs.isEmpty { return claim }
    }
  }

  private static func ranges(_ lanes: [Lane], _ cursors: ClaimCursors, _ limit: Int) -> [ClaimRange] {
    let now = ContinuousClock.now
    return lanes.flatMap { lane in
      [.requeued, .fresh].map { order in
        ClaimRange(
          lane: lane, order: order, cursor: cursors.cursor(of: LaneQueue(lane: lane.number, order: order), at: now),
          limit: limit)
      }
    }
  }

  /// Completes a claim's jobs. One round trip.
  /// - Returns: how many were still its own.
  func finish(_ claim: Claimed, on connection: Connection) async throws -> Int {
    let endings = claim.jobs.map { JobQueue.Ending(job: $0, outcome: .unchanged, startedAt: $0.claimedAt) }
    return try await worker.finish(endings, token: claim.token, idleLimit: .seconds(60)).run(on: connection).count
  }
}

import FoundationEssentials
import Postgres

/// The three claims, one round trip each. `token` is random, and known to be live before it is used: see
/// `requeueOrphans`.
extension QueueWorker {
  /// Claims a batch of one kind: from the range whose next job comes first, and then from the next ones of its kind and
  /// order, until the batch is full. Ranges of queues that are paused or limited give nothing.
  public func claimUnlimited(
    _ ranges: [ClaimRange], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> JobQueue.Claim {
    var pipeline = Pipeline()
    pipeline.add(Statements.claimPlan())
    let claim = pipeline.add(
      Statements.claim(
        id, token, ranges.map(\.lane.number), ranges.map(\.isRequeued), ranges.map(\.cursor),
        ranges.map { Int32($0.limit) }, ranges.map { Int32($0.rank) }, ranges.map(\.lane.priorityPenalty),
        ranges.map(\.lane.queue), ranges.map(\.lane.kind)))
    let overlap = pipeline.add(Statements.claimOverlap(token))
    let answers = try await connection.pipeline(pipeline)
    return try JobQueue.Claim(
      answers[claim], overlap: answers[overlap], lanes: LanesByNumber(ranges), token: token)
  }

  /// Claims a batch from one queue with limits, as far as they leave room.
  /// - Returns: the claim; nil when another worker is just counting.
  public func claimLimited(
    queue: String, _ ranges: [ClaimRange], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> JobQueue.Claim? {
    var pipeline = Pipeline()
    pipeline.add(Statements.claimPlan())
    let lock = pipeline.add(Statements.lockQueue(queue))
    let claim = pipeline.add(
      Statements.claimLimited(
        id, token, ranges.map(\.lane.number), ranges.map(\.isRequeued), ranges.map(\.cursor),
        ranges.map { Int32($0.limit) }, ranges.map { Int32($0.rank) }, ranges.map(\.lane.priorityPenalty),
        ranges.map(\.lane.kind), queue))
    let overlap = pipeline.add(Statements.claimOverlap(token))
    let answers = try await connection.pipeline(pipeline)
    let isLocked: Bool = try answers[lock].only().decode(Bool.self)
    guard isLocked else { return nil }
    return try JobQueue.Claim(
      answers[claim], overlap: answers[overlap], lanes: LanesByNumber(ranges), token: token)
  }

  /// Claims one poison job, to run it alone: one that was there at two crashes.
  /// - Parameter queues: nil = all.
  public func claimPoison(
    queues: [String]?, kinds: [String], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> JobQueue.Claim {
    var pipeline = Pipeline()
    pipeline.add(Statements.claimPlan())
    pipeline.add(Statements.lockPoison(queues, kinds))
    let claim = pipeline.add(Statements.claimPoison(id, token, queues, kinds))
    let overlap = pipeline.add(Statements.claimOverlap(token))
    let answers = try await connection.pipeline(pipeline)
    guard let row = answers[claim].first else { return JobQueue.Claim(token: token) }
    let lane = Lane(
      number: try row.get("lane"), queue: try row.get("queue"), kind: try row.get("kind"),
      tenant: try row.get("tenant"), priority: Int(try row.get("priority", as: Int32.self)))
    return try JobQueue.Claim(
      answers[claim], overlap: answers[overlap], lanes: LanesByNumber([lane]), token: token)
  }
}

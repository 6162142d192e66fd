import FoundationEssentials
import Postgres

/// The three claims, one round trip each. `token` is random, and known to be live before it is used: see
/// `requeueOrphans`.
extension QueueWorker {
  /// Claims a batch from the range whose next job comes first. Ranges of queues that are paused or limited give nothing.
  public func claimUnlimited(
    _ ranges: [ClaimRange], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> JobQueue.Claim {
    var pipeline = Pipeline()
    pipeline.add(Statements.claimPlan())
    let claim = pipeline.add(
      Statements.claim(
        id, token, ranges.map(\.lane.number), ranges.map(\.isRequeued), ranges.map(\.cursor),
        ranges.map { Int32($0.limit) }, ranges.map { Int32($0.rank) }, ranges.map(\.lane.priorityPenalty)))
    let overlap = pipeline.add(Statements.claimOverlap(token))
    let answers = try await connection.pipeline(pipeline)
    return try JobQueue.Claim(
      answers[claim], overlap: answers[overlap], lanes: ranges.lazy.map(\.lane), token: token)
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
        ranges.map { Int32($0.limit) }, ranges.map { Int32($0.rank) }, ranges.map(\.lane.priorityPenalty), queue))
    let overlap = pipeline.add(Statements.claimOverlap(token))
    let answers = try await connection.pipeline(pipeline)
    let isLocked: Bool = try answers[lock].only().decode(Bool.self)
    guard isLocked else { return nil }
    return try JobQueue.Claim(
      answers[claim], overlap: answers[overlap], lanes: ranges.lazy.map(\.lane), token: token)
  }

  /// Claims one poison job, to run it alone: one that was there at two crashes.
  /// - Parameters:
  ///   - queues: nil = all.
  ///   - lanes: those known; a job of another one is left for later.
  public func claimPoison(
    queues: [String]?, kinds: [String], lanes: [Lane], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> JobQueue.Claim {
    var pipeline = Pipeline()
    pipeline.add(Statements.claimPlan())
    pipeline.add(Statements.lockPoison(queues, kinds))
    let claim = pipeline.add(Statements.claimPoison(id, token, lanes.map(\.number)))
    let overlap = pipeline.add(Statements.claimOverlap(token))
    let answers = try await connection.pipeline(pipeline)
    return try JobQueue.Claim(answers[claim], overlap: answers[overlap], lanes: lanes, token: token)
  }
}

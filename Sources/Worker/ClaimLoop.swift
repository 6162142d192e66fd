import FoundationEssentials
import Logging
import Postgres
import Queue
import Synchronization

/// Claims batches while there is room, and hands each to its kind.
struct ClaimLoop: Sendable {
  let context: WorkerContext
  let kinds: [String: KindRunner]
  let wakeUp: WakeUp
  /// Set when the worker is to stop: no more claims, but the batches in flight go on.
  let stopping: StopFlag
  /// Told of every look at the queue, for readiness and the watchdog.
  let looked: @Sendable () -> Void

  /// Between two looks from the front of the index, for what came back behind a cursor.
  private var surveyInterval: Duration { .seconds(1) }

  /// Claims until told to stop; returns when all batches have ended.
  /// - Throws: `LeaseLost`.
  func run() async throws {
    var cursors = ClaimCursors()
    var surveyDue = ContinuousClock.now
    var backoff = ReconnectBackoff()
    try await withThrowingTaskGroup(of: Void.self) { batches in
      var inFlight = 0
      while !stopping.isSet {
        if inFlight >= context.settings.concurrency {
          try await batches.next()
          inFlight -= 1
          continue
        }
        do {
          switch context.lease.state(margin: context.settings.heartbeat) {
          case .held: break
          case .lost: throw LeaseLost()
          case .unknown:
            // The database is away, or answers late: the heartbeat finds out.
            await wakeUp.wait(atMost: .milliseconds(20))
            continue
          }
          var nextDue: Duration?
          var claim = JobQueue.Claim?.none
          if surveyDue > .now { claim = try await self.claim(&cursors) }
          if claim == nil {
            (claim, nextDue) = try await surveyAndClaim(&cursors)
            surveyDue = .now + surveyInterval
          }
          if backoff.succeeded() { context.logger.notice("the database is back") }
          looked()
          if let claim, let runner = kinds[claim.jobs[0].kind] {
            let time = ClaimTime(received: .now)
            // A job that was there at two crashes runs when nothing else does: the third must hit nobody else.
            let isSuspect = claim.jobs[0].crashes >= 2
            while isSuspect, inFlight > 0 {
              try await batches.next()
              inFlight -= 1
            }
            batches.addTask { await runner.run(claim, time, context) }
            if isSuspect { try await batches.next() } else { inFlight += 1 }
          } else {
            await wakeUp.wait(
              atMost: min(context.settings.poll, max(nextDue ?? context.settings.poll, .milliseconds(1))))
          }
        } catch let error as PostgresError {
          await backoff.pause(context.logger, "claiming waits for the database", error)
        }
      }
      context.logger.debug("no more claims", metadata: ["batches": "\(inFlight)"])
    }
  }

  /// A claim after the cursors of all known lanes; nil: nothing there.
  private func claim(_ cursors: inout ClaimCursors) async throws(PostgresError) -> JobQueue.Claim? {
    let lanes = cursors.lanes.map { lane, cursor in
      JobQueue.LaneClaim(lane: lane, cursor: cursor, limit: limit(of: lane.kind))
    }
    guard !lanes.isEmpty else { return nil }
    let claim = try await onConnection { connection async throws(PostgresError) in
      try await context.queue.claim(from: lanes, on: connection)
    }
    guard let first = claim.jobs.first, let last = claim.jobs.last, let snapshot = claim.snapshot else { return nil }
    let lane = Lane(queue: first.queue, kind: first.kind, priority: first.priority)
    cursors.claimed(
      lane, highest: last.id, isDrained: claim.jobs.count < limit(of: lane.kind), snapshot: snapshot, at: .now)
    return claim
  }

  /// Looks at every lane from the front of the index; jobs that were there at two crashes come first, one at a time.
  private func surveyAndClaim(
    _ cursors: inout ClaimCursors
  ) async throws(PostgresError) -> (claim: JobQueue.Claim?, nextDue: Duration?) {
    let names = Array(kinds.keys)
    let suspect = try await onConnection { connection async throws(PostgresError) in
      try await context.queue.claimSuspect(queues: context.settings.queues, kinds: names, on: connection)
    }
    if !suspect.jobs.isEmpty { return (suspect, nil) }
    let survey = try await onConnection { connection async throws(PostgresError) in
      try await context.queue.survey(queues: context.settings.queues, kinds: names, on: connection)
    }
    for front in survey.fronts { cursors.found(front.lane, first: front.first) }
    let claim = try await claim(&cursors)
    // Jobs are there but others are just claiming them: what they leave is there in a moment.
    if claim == nil, !survey.fronts.isEmpty { return (nil, .milliseconds(20)) }
    return (claim, survey.nextDue)
  }

  private func limit(of kind: String) -> Int {
    min(kinds[kind]?.definition.batchLimit ?? 1, context.settings.batchLimit)
  }

  private func onConnection<R: Sendable>(
    _ body: @Sendable (Connection) async throws(PostgresError) -> R
  ) async throws(PostgresError) -> R {
    do {
      return try await context.pool.withConnection(body)
    } catch let error as PostgresError {
      throw error
    } catch {
      throw PostgresError(.cancelled, "cancelled while waiting for a connection: \(error)")
    }
  }
}

/// Whether the worker is to stop.
final class StopFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }

  func set() { flag.store(true, ordering: .relaxed) }
}

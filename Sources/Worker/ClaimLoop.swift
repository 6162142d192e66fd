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
  /// Between two looks from the front when the lanes known are empty: a look may walk many dead entries.
  private var shortestSurveyInterval: Duration { .milliseconds(50) }

  /// What the loop remembers from turn to turn.
  private struct Memory {
    var cursors = ClaimCursors()
    var lastSurvey: ContinuousClock.Instant?
    var inFlight = 0
    /// Whether the last claim was a suspect's: then others come first.
    var wasSuspect = false
  }

  /// Claims until told to stop; returns when all batches have ended.
  /// - Throws: `LeaseLost`.
  func run() async throws {
    var memory = Memory()
    var backoff = ReconnectBackoff()
    try await withThrowingTaskGroup(of: Void.self) { batches in
      while !stopping.isSet {
        if memory.inFlight >= context.settings.concurrency {
          try await batches.next()
          memory.inFlight -= 1
          continue
        }
        switch context.lease.state(margin: context.settings.heartbeat) {
        case .held: break
        case .lost: throw LeaseLost()
        case .unknown:
          // The database is away, or answers late: the heartbeat finds out.
          await wakeUp.wait(atMost: .milliseconds(20))
          continue
        }
        do {
          let (claim, pause) = try await nextClaim(&memory)
          if backoff.succeeded() { context.logger.notice("the database is back") }
          looked()
          guard let claim else {
            await wakeUp.wait(atMost: min(context.settings.poll, pause ?? context.settings.poll))
            continue
          }
          try await start(claim, in: &batches, &memory)
        } catch let error as PostgresError {
          await backoff.pause(context.logger, "claiming waits for the database", error)
        }
      }
      context.logger.debug("no more claims", metadata: ["batches": "\(memory.inFlight)"])
    }
  }

  /// Runs a claim's batch beside the others; a job that was there at two crashes runs when nothing else does, so that
  /// the third hits nobody else.
  private func start(
    _ claim: JobQueue.Claim, in batches: inout ThrowingTaskGroup<Void, any Error>, _ memory: inout Memory
  ) async throws {
    let isSuspect = claim.jobs[0].crashes >= 2
    while isSuspect, memory.inFlight > 0 {
      try await batches.next()
      memory.inFlight -= 1
    }
    guard let runner = kinds[claim.jobs[0].kind], !(isSuspect && stopping.isSet) else {
      // Without its token it is a stray, and handed back.
      context.inFlight.end(claim.token)
      return
    }
    let time = ClaimTime(received: .now)
    batches.addTask { [context] in
      await runner.run(claim, time, context)
      context.inFlight.end(claim.token)
    }
    memory.wasSuspect = isSuspect
    if isSuspect { try await batches.next() } else { memory.inFlight += 1 }
  }

  // MARK: - Claim

  /// The next batch, or how long to wait for one (nil: until the next poll).
  private func nextClaim(
    _ memory: inout Memory
  ) async throws(PostgresError) -> (claim: JobQueue.Claim?, pause: Duration?) {
    let sinceSurvey = memory.lastSurvey.map { ContinuousClock.now - $0 } ?? .seconds(3600)
    if sinceSurvey < surveyInterval {
      if let claim = try await claim(from: memory.cursors.lanes, &memory) { return (claim, nil) }
      if sinceSurvey < shortestSurveyInterval { return (nil, shortestSurveyInterval - sinceSurvey) }
    }
    return try await surveyAndClaim(&memory)
  }

  /// Looks at every lane from the front of the index; jobs that were there at two crashes take turns with the others.
  private func surveyAndClaim(
    _ memory: inout Memory
  ) async throws(PostgresError) -> (claim: JobQueue.Claim?, pause: Duration?) {
    if !memory.wasSuspect, let suspect = try await claimSuspect() { return (suspect, nil) }
    let (claim, pause) = try await claimFromFront(&memory)
    if claim == nil, memory.wasSuspect, let suspect = try await claimSuspect() { return (suspect, nil) }
    return (claim, pause)
  }

  private func claimSuspect() async throws(PostgresError) -> JobQueue.Claim? {
    let names = Array(kinds.keys)
    let queues = context.settings.queues
    return try await claim { token, connection async throws(PostgresError) in
      try await context.queue.claimSuspect(queues: queues, kinds: names, token: token, on: connection)
    }
  }

  private func claimFromFront(
    _ memory: inout Memory
  ) async throws(PostgresError) -> (claim: JobQueue.Claim?, pause: Duration?) {
    let names = Array(kinds.keys)
    let queues = context.settings.queues
    let survey = try await onConnection { connection async throws(PostgresError) in
      try await context.queue.survey(queues: queues, kinds: names, on: connection)
    }
    memory.lastSurvey = .now
    memory.cursors.prune(at: .now)
    for front in survey.fronts { memory.cursors.found(front.lane, first: front.first, at: .now) }
    if let claim = try await claim(from: memory.cursors.lanes, &memory) { return (claim, nil) }
    // The lane that comes first may be locked as a whole, by others who claim or by somebody's open transaction: that
    // must not keep the other lanes waiting.
    for front in survey.fronts.sorted(by: { ($0.lane.priority, $0.first) < ($1.lane.priority, $1.first) }) {
      let lane = memory.cursors.lanes.filter { $0.lane == front.lane }
      if let claim = try await claim(from: lane, &memory) { return (claim, nil) }
    }
    return (nil, survey.fronts.isEmpty ? survey.nextDue.map { max($0, .milliseconds(1)) } : shortestSurveyInterval)
  }

  /// A claim after the cursors of these lanes; nil: nothing there.
  private func claim(
    from lanes: [(lane: Lane, cursor: JobID)], _ memory: inout Memory
  ) async throws(PostgresError) -> JobQueue.Claim? {
    let from = lanes.map { lane, cursor in
      JobQueue.LaneClaim(lane: lane, cursor: cursor, limit: limit(of: lane.kind))
    }
    guard !from.isEmpty else { return nil }
    let claim = try await claim { token, connection async throws(PostgresError) in
      try await context.queue.claim(from: from, token: token, on: connection)
    }
    guard let claim, let first = claim.jobs.first, let last = claim.jobs.last, let snapshot = claim.snapshot else {
      return nil
    }
    let lane = Lane(queue: first.queue, kind: first.kind, priority: first.priority)
    memory.cursors.claimed(
      lane, highest: last.id, isDrained: claim.jobs.count < limit(of: lane.kind), snapshot: snapshot, at: .now)
    return claim
  }

  /// Makes a claim under a token that is live from before it is sent; what a lost answer leaves behind is a stray.
  private func claim(
    _ body: @Sendable (UUID, Connection) async throws(PostgresError) -> JobQueue.Claim
  ) async throws(PostgresError) -> JobQueue.Claim? {
    let token = UUID()
    context.inFlight.begin(token)
    do {
      let claim = try await onConnection { connection async throws(PostgresError) in try await body(token, connection) }
      if !claim.jobs.isEmpty { return claim }
      context.inFlight.end(token)
      return nil
    } catch {
      context.inFlight.end(token)
      throw error
    }
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

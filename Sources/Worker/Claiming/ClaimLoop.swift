import FoundationEssentials
import Postgres
import Queue
import Telemetry

/// Claims batches while there is room, and hands each to its kind. `ClaimPlanner` decides; the loop performs.
struct ClaimLoop: Sendable {
  let context: WorkerContext
  let kinds: [String: KindRunner]
  let wakeUp: WakeUp
  let shutdown: ShutdownSignal
  /// Breaks off what the loop asks of a server that does not answer.
  let queries: QueryCancellation
  /// Told of each answer of the server, for readiness and the watchdog.
  let looked: @Sendable () -> Void

  /// The loop's state between two actions.
  private struct State {
    var planner: ClaimPlanner
    /// The claim that waits to run.
    var claim: JobQueue.Claim?
    /// The head scan that goes on beside the claims.
    var scan: HeadScan?
    var backoff = ReconnectBackoff()
  }

  private typealias Batches = ThrowingTaskGroup<Void, any Error>
  private typealias Scans = ThrowingDiscardingTaskGroup<any Error>

  /// Claims until told to stop; returns when all batches have ended.
  /// - Throws: `LeaseLost`.
  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { batches in
      try await withThrowingDiscardingTaskGroup { scans in
        // A scan ends with the claims: it holds up no drain.
        defer { scans.cancelAll() }
        try await claim(into: &batches, &scans)
      }
    }
  }

  private func claim(into batches: inout Batches, _ scans: inout Scans) async throws {
    let limits = kinds.mapValues { min(context.settings.batchLimit, $0.definition.batchLimit) }
    var state = State(planner: ClaimPlanner(batchLimits: limits, concurrency: context.settings.concurrency))
    while true {
      report(to: &state)
      let action = state.planner.next(at: .now, used: { context.shares.used() })
      switch action {
      case .start: start(&state, in: &batches)
      case .awaitBatch:
        try await batches.next()
        state.planner.handle(.batchEnded, at: .now)
      case .wait(let pause):
        resume(&state)
        // The signal to stop may have been taken for one of new jobs.
        if !shutdown.isSet { await wakeUp.wait(atMost: min(context.settings.poll, pause ?? context.settings.poll)) }
        state.planner.handle(.waited, at: .now)
      case .headScan(let lanes, isBeside: true): begin(.lanes(lanes), &state, in: &scans)
      case .laneScan(let lane, isBeside: true): begin(.after(lane), &state, in: &scans)
      case .awaitLease: await wakeUp.wait(atMost: .milliseconds(20))
      case .loseLease: throw LeaseLost()
      case .abandon:
        if let claim = state.claim { context.inFlight.end(claim.token) }
        state.claim = nil
      case .stop:
        context.logger.emit(.claimsEnded, [.batches: "\(context.inFlight.claims.count)"])
        return
      case .readLanes, .findLanes, .headScan, .laneScan, .claim, .claimLimited, .claimPoison: await ask(action, &state)
      }
    }
  }

  /// Tells the planner what has happened meanwhile.
  private func report(to state: inout State) {
    let now = ContinuousClock.now
    state.planner.handle(.lease(context.lease.state(margin: context.settings.heartbeat)), at: now)
    if shutdown.isSet { state.planner.handle(.stopping, at: now) }
    if wakeUp.take() { state.planner.handle(.notified, at: now) }
    if let answer = state.scan?.take() {
      state.scan = nil
      state.planner.handle(answer, at: now)
    }
  }

  /// Scans beside the claims.
  private func begin(_ part: HeadScan.Part, _ state: inout State, in scans: inout Scans) {
    let scan = HeadScan()
    state.scan = scan
    scans.addTask { [context, names = Array(kinds.keys)] in await scan.run(part, context, kinds: names) }
  }

  /// Runs the claimed batch beside the others.
  private func start(_ state: inout State, in batches: inout Batches) {
    guard let claim = state.claim, let first = claim.jobs.first, let runner = kinds[first.kind] else {
      preconditionFailure("only jobs of known kinds are claimed")
    }
    let time = ClaimTime(received: .now)
    batches.addTask { [context] in
      let share = context.shares.began(claim.partsByTenant)
      await runner.run(claim, time, context)
      context.shares.ended(share)
      context.inFlight.end(claim.token)
    }
    resume(&state)
    state.claim = nil
    state.planner.handle(.started, at: .now)
  }

  /// A round came to its end: the database answers all that the loop asks. A single answer would not tell, as the next
  /// statement of the same round may fail each time.
  private func resume(_ state: inout State) {
    if state.backoff.succeeded() { context.logger.emit(.claimResumed) }
  }

  // MARK: - Asking the server

  private func ask(_ action: ClaimPlanner.Action, _ state: inout State) async {
    do throws(PostgresError) {
      let (event, claim) = try await queries.run { () async throws(PostgresError) in try await answer(to: action) }
      state.claim = claim
      state.planner.handle(event, at: .now)
      looked()
    } catch {
      state.planner.handle(.failed, at: .now)
      await state.backoff.pause(context.logger, .claimWaits, error)
    }
  }

  private func answer(
    to action: ClaimPlanner.Action
  ) async throws(PostgresError) -> (event: ClaimPlanner.Event, claim: JobQueue.Claim?) {
    let (worker, queues, names) = (context.worker, context.settings.queues, Array(kinds.keys))
    switch action {
    case .readLanes:
      return (
        .lanesRead(
          try await context.onConnection { connection async throws(PostgresError) in
            try await JobQueue.promoteDueAndReadLanes(queues: queues, kinds: names, on: connection)
          }), nil
      )
    case .findLanes(let positions):
      return (
        .lanesFound(
          try await context.onConnection { connection async throws(PostgresError) in
            try await JobQueue.promoteDueAndFindLanes(since: positions, queues: queues, kinds: names, on: connection)
          }), nil
      )
    case .headScan(let lanes, _): return (try await HeadScan.scan(.lanes(lanes), context, kinds: names), nil)
    case .laneScan(let lane, _): return (try await HeadScan.scan(.after(lane), context, kinds: names), nil)
    case .claim(let ranges):
      return Self.event(
        of: try await context.claim { token, connection async throws(PostgresError) in
          try await worker.claimUnlimited(ranges, token: token, on: connection)
        })
    case .claimLimited(let queue, let ranges):
      return Self.event(
        of: try await context.claim { token, connection async throws(PostgresError) in
          try await worker.claimLimited(queue: queue, ranges, token: token, on: connection)
        })
    case .claimPoison:
      return Self.event(
        of: try await context.claim { token, connection async throws(PostgresError) in
          try await worker.claimPoison(queues: queues, kinds: names, token: token, on: connection)
        })
    case .start, .abandon, .awaitBatch, .wait, .awaitLease, .loseLease, .stop:
      preconditionFailure("\(action) asks nothing of the server")
    }
  }

  private static func event(of claim: JobQueue.Claim?) -> (event: ClaimPlanner.Event, claim: JobQueue.Claim?) {
    guard let claim, claim.hasRoom else { return (.noRoom, nil) }
    guard !claim.jobs.isEmpty else {
      // Jobs that it gave up to another claim count, too: there may be more behind them.
      return (claim.portions.isEmpty ? .foundNothing : .throttled(claim.portions, snapshot: claim.snapshot), nil)
    }
    return (.claimed(claim.portions, snapshot: claim.snapshot), claim)
  }
}

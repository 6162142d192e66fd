import FoundationEssentials
import Postgres
import Queue

/// Decides what to claim next, and claims it: lanes by tenant's share, then by age and priority; queues with limits in
/// turn with all others.
struct ClaimSource: Sendable {
  let context: WorkerContext
  let kinds: [String: KindRunner]

  private var cursors = ClaimCursors()
  private var lanes: [Lane] = []
  private var lastSurvey: ContinuousClock.Instant?
  private var lastFronts: ContinuousClock.Instant?
  private var frontsCost: Duration = .zero
  /// A look from the front that goes on beside the claims.
  private var look: FrontsLook?
  /// Until when empty lanes are told of, too, as leaving them out takes long.
  private var allLanesUntil: ContinuousClock.Instant?
  /// When the next scheduled job is due.
  private var dueAt: ContinuousClock.Instant?
  /// Whether the next call looks at the lanes first.
  private var owesSurvey = false
  /// Queue groups take turns: nil stands for all queues without limits.
  private var lastGroup: String??
  /// When to count again in a queue that had no room or nothing.
  private var quietUntil: [String: ContinuousClock.Instant] = [:]
  /// Whether the last claim was a suspect's: then others come first.
  private var wasSuspect = false

  init(context: WorkerContext, kinds: [String: KindRunner]) {
    self.context = context
    self.kinds = kinds
  }

  /// Between two looks at the lanes and at what is due, while there is work.
  private var surveyInterval: Duration { .seconds(1) }
  /// A look at the lanes that takes longer than this is not taken all the time.
  private var dearSurvey: Duration { .milliseconds(100) }
  /// Between two tries of lanes whose jobs are all locked.
  private var lockedInterval: Duration { .milliseconds(50) }
  /// The same when the lanes known are empty.
  private var shortestSurveyInterval: Duration { .milliseconds(10) }
  /// Between two questions whether the look from the front is over.
  private var lookInterval: Duration { .milliseconds(5) }
  /// Between two counts in a queue with limits that had no room.
  private var quietInterval: Duration { .milliseconds(20) }

  /// The next batch, or how long to wait for one (nil: until the next poll).
  ///
  /// What came in may be in a new lane. A worker that waited claims first and looks at the lanes afterwards; a busy one
  /// looks first, or a tenant's first job would wait for one more batch of the others.
  /// - Parameters:
  ///   - isNotified: jobs have come in since the last call.
  ///   - hasWaited: the last call found nothing, and the wait is over.
  mutating func next(
    isNotified: Bool, hasWaited: Bool
  ) async throws(PostgresError) -> (claim: JobQueue.Claim?, pause: Duration?) {
    if let seen = look?.take() { noted(seen) }
    let looksFirst = owesSurvey || isDue || (isNotified && !hasWaited)
    if let age = lastSurvey.map({ ContinuousClock.now - $0 }), age < surveyInterval, !looksFirst {
      if let claim = try await claimInTurn() {
        // The job that was told of comes first, the look at the lanes right after it.
        owesSurvey = isNotified
        return (claim, nil)
      }
      // Nobody else waits: the next of those that were there at two crashes.
      if wasSuspect, let suspect = try await claimSuspect() { return (suspect, nil) }
      // Just drained: no news, no look.
      guard isNotified || hasWaited else { return (nil, pause) }
      if age < shortestSurveyInterval { return (nil, shortestSurveyInterval - age) }
    }
    let isEmpty = try await survey(isBusy: !hasWaited)
    // Jobs that were there at two crashes take turns with the others.
    let isOthersTurn = wasSuspect
    if !isOthersTurn, let suspect = try await claimSuspect() { return (suspect, nil) }
    wasSuspect = false
    if let claim = try await claimInTurn() { return (claim, nil) }
    if isOthersTurn, let suspect = try await claimSuspect() { return (suspect, nil) }
    guard !isEmpty else { return (nil, pause) }
    return (try await claimLaneByLane(), lockedInterval)
  }

  private var isDue: Bool { dueAt.map { $0 <= .now } ?? false }

  /// Until the next look when there is nothing: a due job, room in a limited queue.
  private var pause: Duration? {
    let due = dueAt.map { max($0 - .now, .milliseconds(1)) }
    // What the look finds, no claim has come to.
    if look != nil { return min(due ?? lookInterval, lookInterval) }
    guard lanes.contains(where: \.isLimited) else { return due }
    return min(due ?? quietInterval, quietInterval)
  }

  // MARK: - Looking

  /// Reads the lanes, makes due jobs ready, and now and then looks from the front of every lane.
  /// - Parameter isBusy: there is something to claim, which must not wait for the look from the front.
  /// - Returns: whether nothing was seen that the next claim would not find.
  private mutating func survey(isBusy: Bool) async throws(PostgresError) -> Bool {
    let names = Array(kinds.keys)
    let queues = context.settings.queues
    let queue = context.queue
    let start = ContinuousClock.now
    let tellsAll = allLanesUntil.map { start < $0 } ?? false
    let survey = try await context.onConnection { connection async throws(PostgresError) in
      tellsAll
        ? try await queue.survey(queues: queues, kinds: names, few: .max - 1, on: connection)
        : try await queue.survey(queues: queues, kinds: names, on: connection)
    }
    lanes = survey.lanes
    lastSurvey = .now
    // As the look from the front, this one may walk many dead entries under a held snapshot; claims do not.
    if !tellsAll, .now - start > dearSurvey { allLanesUntil = .now + (.now - start) * 50 }
    dueAt = survey.nextDue.map { .now + $0 }
    owesSurvey = false
    // A look from the front may walk many dead entries under a held snapshot: at most a fiftieth of the time.
    guard look == nil, !lanes.isEmpty, lastFronts.map({ $0 + max(surveyInterval, frontsCost * 50) <= .now }) ?? true
    else { return true }
    guard isBusy else { return noted(try await FrontsLook.seen(at: lanes, context)) }
    look = FrontsLook(at: lanes, context)
    return true
  }

  /// What is claimed meanwhile makes a front too low: a claim more starts from the safe place.
  /// - Returns: whether there was nothing that nobody works on.
  @discardableResult
  private mutating func noted(_ seen: FrontsLook.Seen) -> Bool {
    look = nil
    lastFronts = .now
    frontsCost = seen.cost
    for front in seen.fronts { cursors.found(front.half, first: front.first) }
    return seen.fronts.isEmpty
  }

  // MARK: - Claiming

  /// A claim from all queues without limits or from one with limits, whichever is next in turn and has something.
  private mutating func claimInTurn() async throws(PostgresError) -> JobQueue.Claim? {
    let limited = Set(lanes.filter(\.isLimited).map(\.queue)).sorted()
    let groups: [String?] = [nil] + limited
    let start = lastGroup.flatMap { last in groups.firstIndex(of: last) }.map { $0 + 1 } ?? 0
    let ranks = context.shares.ranks(of: Set(lanes.map(\.tenant)))
    for offset in groups.indices {
      let group = groups[(start + offset) % groups.count]
      if let claim = try await claim(from: group, ranks) {
        lastGroup = group
        return claim
      }
    }
    return nil
  }

  private mutating func claim(
    from group: String?, _ ranks: [String: Int]
  ) async throws(PostgresError) -> JobQueue.Claim? {
    guard let group else { return try await claim(from: lanes.filter { !$0.isLimited }, ranks) }
    return try await claim(fromLimited: group, ranks)
  }

  private mutating func claim(
    from lanes: [Lane], _ ranks: [String: Int]
  ) async throws(PostgresError) -> JobQueue.Claim? {
    guard !lanes.isEmpty else { return nil }
    while true {
      let lines = lines(of: lanes, ranks)
      let queue = context.queue
      let claim = try await context.claim { token, connection async throws(PostgresError) in
        try await queue.claim(from: lines, token: token, on: connection)
      }
      if let claim { return took(claim, of: lines) }
      guard cursors.foundNothing(in: lines.map(\.half), at: .now) else { return nil }
    }
  }

  private mutating func claim(
    fromLimited name: String, _ ranks: [String: Int]
  ) async throws(PostgresError) -> JobQueue.Claim? {
    guard quietUntil[name].map({ $0 <= .now }) ?? true else { return nil }
    while true {
      let lines = lines(of: lanes.filter { $0.queue == name }, ranks)
      let queue = context.queue
      let claim = try await context.claim { token, connection async throws(PostgresError) in
        try await queue.claim(fromLimited: name, lines, token: token, on: connection)
      }
      if let claim {
        _ = took(claim, of: lines)
        if !claim.jobs.isEmpty { return claim }
      } else if !cursors.foundNothing(in: lines.map(\.half), at: .now) {
        quietUntil[name] = .now + quietInterval
        return nil
      }
    }
  }

  /// The lane that comes first may be locked as a whole, by somebody's open transaction: that must not keep the others
  /// waiting.
  private mutating func claimLaneByLane() async throws(PostgresError) -> JobQueue.Claim? {
    for lane in lanes.filter({ !$0.isLimited }).sorted(by: { $0.priority < $1.priority }) {
      if let claim = try await claim(from: [lane], [:]) { return claim }
    }
    return nil
  }

  private mutating func claimSuspect() async throws(PostgresError) -> JobQueue.Claim? {
    let names = Array(kinds.keys)
    let queues = context.settings.queues
    let known = lanes
    let queue = context.queue
    let claim = try await context.claim { token, connection async throws(PostgresError) in
      try await queue.claimSuspect(queues: queues, kinds: names, lanes: known, token: token, on: connection)
    }
    wasSuspect = claim != nil
    return claim
  }

  private func lines(of lanes: [Lane], _ ranks: [String: Int]) -> [JobQueue.LaneClaim] {
    let now = ContinuousClock.now
    return lanes.flatMap { lane in
      [true, false].map { isReturned in
        JobQueue.LaneClaim(
          lane: lane, isReturned: isReturned,
          cursor: cursors.cursor(of: LaneHalf(lane: lane.number, isReturned: isReturned), at: now),
          limit: limit(of: lane.kind), rank: ranks[lane.tenant] ?? 0)
      }
    }
  }

  private mutating func took(_ claim: JobQueue.Claim, of lines: [JobQueue.LaneClaim]) -> JobQueue.Claim {
    if let half = claim.half, let line = lines.first(where: { $0.half == half }) {
      cursors.claimed(
        half, after: line.cursor, highest: claim.highest,
        isDrained: !line.lane.isLimited && claim.jobs.count < line.limit, snapshot: claim.snapshot, at: .now)
    }
    return claim
  }

  private func limit(of kind: String) -> Int {
    min(context.settings.batchLimit, kinds[kind]?.definition.batchLimit ?? 1)
  }
}

extension WorkerContext {
  /// One claim under a token that is known before it is used, so that what is claimed under an unknown one is a stray.
  /// - Returns: nil when it took nothing and set nothing aside.
  func claim(
    _ body: @Sendable (UUID, Connection) async throws(PostgresError) -> JobQueue.Claim?
  ) async throws(PostgresError) -> JobQueue.Claim? {
    let token = UUID()
    inFlight.begin(token)
    do throws(PostgresError) {
      let claim = try await onConnection { connection async throws(PostgresError) in try await body(token, connection) }
      if claim?.jobs.isEmpty != false { inFlight.end(token) }
      return claim.flatMap { $0.jobs.isEmpty && $0.aside == 0 ? nil : $0 }
    } catch {
      inFlight.end(token)
      throw error
    }
  }

  /// A pooled connection for one short thing.
  func onConnection<Result: Sendable>(
    _ body: @Sendable (Connection) async throws(PostgresError) -> Result
  ) async throws(PostgresError) -> Result {
    do {
      return try await pool.withConnection(body)
    } catch let error as PostgresError {
      throw error
    } catch {
      throw PostgresError(.cancelled, "cancelled while waiting for a connection: \(error)")
    }
  }
}

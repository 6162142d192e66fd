import Queue

/// Decides what a worker asks of the queue next: events in, one action out. Knows no server and no clock.
///
/// Lanes are served by the tenant's share, then by age and priority; queues with limits take turns with all others.
///
/// The planner goes through the queue in rounds. A round is a list of stages, each of which is asked until one brings
/// jobs; it ends with a batch or with a wait. New jobs may be in a lane that is not known yet. So a worker that waited
/// claims first and reads the lanes afterwards; a busy one reads first, or a tenant's first job would wait for one more
/// batch of the others.
///
/// Use: `perform(next(…))`, then `handle(answer)`, and so on; `notified`, `stopping`, `batchEnded` and a `headScanned`
/// of a scan beside the claims may come in between.
struct ClaimPlanner: Sendable {
  /// One step of a round.
  private enum Stage {
    /// All groups in turn.
    case groups
    /// Claim from all queues without limits (nil), or from one with limits.
    case group(String?)
    /// Claim from the lanes of one kind: those of the kind that comes first may be locked, by somebody's open transaction,
    /// and must not keep the others waiting.
    case kindAlone(String)
    case poison
    case readLanes
    case headScan
    /// Nothing came of a round that read no lanes.
    case decideToRead(age: Duration)
    /// Nothing came of the round.
    case rest
    /// Nothing came although there are jobs: all are locked.
    case restLocked
  }

  /// The action that is not answered yet.
  private enum Question {
    case lanes
    case lanesSince(JobQueue.ReadyPositions?)
    case claim([ClaimRange], Stage)
    case poison
    case headScan
    case wait
    case start
  }

  let pace: Pace
  /// Batches in flight at once.
  private let concurrency: Int
  /// Most jobs of one claim by kind.
  private let batchLimits: [String: Int]

  private var cursors = ClaimCursors()
  /// The lanes, where there are few.
  private var lanes = KnownLanes()
  /// Those with work, where there are many.
  private var many: ManyLanes?
  private var lastReading: ContinuousClock.Instant?
  /// When the next scheduled job is due.
  private var dueAt: ContinuousClock.Instant?
  /// Whether the next round reads the lanes first.
  private var owesReading = false
  private var lastHeadScan: ContinuousClock.Instant?
  private var headScanCost: Duration = .zero
  private var isScanningBeside = false
  /// Whether a head scan of this round saw jobs that nobody works on.
  private var hasSeenHeads = false
  /// The group that had the last claim's turn; `.some(nil)`: all queues without limits.
  private var lastGroup: String??
  /// When to count again in a queue that had no room or nothing.
  private var quietUntil: [String: ContinuousClock.Instant] = [:]
  /// Whether the last claim was poison: then others come first.
  private var wasPoison = false

  /// The rest of the round; empty: the next action begins one.
  private var stages: ArraySlice<Stage> = []
  private var question: Question?
  private var isNotified = false
  /// Whether this round began with a notification.
  private var roundIsNotified = false
  /// Whether the last round ended with a wait, and not with a batch.
  private var hasWaited = true
  /// Whether the last round ended with a failed statement.
  private var hasFailed = false
  private var batches = 0
  /// A claimed batch that waits to run.
  private var claimed: Batch?
  /// Whether a poison job runs, alone.
  private var runsPoison = false
  private var lease = Lease.State.held
  private var isStopping = false

  private enum Batch { case ordinary, poison }

  /// - Parameters:
  ///   - batchLimits: most jobs of one claim by kind; a kind that is missing is claimed one by one.
  ///   - concurrency: batches in flight at once.
  init(batchLimits: [String: Int], concurrency: Int, pace: Pace = Pace()) {
    precondition(concurrency > 0, "a worker without batches does nothing")
    precondition(batchLimits.values.allSatisfy { $0 > 0 }, "a claim of no jobs is no claim")
    self.batchLimits = batchLimits
    self.concurrency = concurrency
    self.pace = pace
  }

  // MARK: - Events

  /// Takes note of what happened.
  mutating func handle(_ event: Event, at now: ContinuousClock.Instant) {
    switch event {
    case .notified: isNotified = true
    case .stopping: isStopping = true
    case .lease(let state): lease = state
    case .batchEnded:
      precondition(batches > 0, "a batch ended that was not started")
      batches -= 1
      if batches == 0 { runsPoison = false }
    case .headScanned(let heads, let took) where isScanningBeside:
      isScanningBeside = false
      scanned(heads, took, at: now)
    case .lanesScanned(let scan, let took) where isScanningBeside:
      isScanningBeside = false
      scanned(scan, took, at: now)
    default: answer(event, at: now)
    }
    assertSound()
  }

  private mutating func answer(_ event: Event, at now: ContinuousClock.Instant) {
    let asked = question
    question = nil
    switch (event, asked) {
    case (.failed, _):
      // A notification still counts; but the next round claims first, where it can. If a statement behind the reading
      // fails again and again, the claims before the reading go on.
      if case .claim(let ranges, _) = asked { many?.putBack(ranges) }
      isNotified = isNotified || roundIsNotified
      hasFailed = true
      stages = []
    case (.waited, .wait): hasWaited = true
    case (.started, .start):
      batches += 1
      runsPoison = claimed == .poison
      claimed = nil
    case (.lanesRead(let reading), .lanes): read(reading, at: now)
    case (.lanesFound(let found), .lanesSince(let positions)): self.found(found, since: positions, at: now)
    case (.headScanned(let heads, let took), .headScan):
      scanned(heads, took, at: now)
      hasSeenHeads = !heads.isEmpty
    case (.lanesScanned(let scan, let took), .headScan): scanned(scan, took, at: now)
    case (.claimed, .poison):
      wasPoison = true
      end(with: .poison)
    case (.foundNothing, .poison), (.throttled, .poison): wasPoison = false
    case (.claimed(let portions, let snapshot), .claim(let ranges, let stage)):
      took(portions, snapshot, of: ranges, at: now)
      if case .group(let group) = stage {
        lastGroup = group
        many?.hadTurn(group)
      }
      end(with: .ordinary)
    case (.throttled(let portions, let snapshot), .claim(let ranges, let stage)):
      took(portions, snapshot, of: ranges, at: now)
      stages = [stage] + stages
    case (.foundNothing, .claim(let ranges, let stage)):
      if cursors.foundNothing(in: ranges.lazy.map(\.queue), at: now) {
        many?.putBack(ranges)
        stages = [stage] + stages
      } else if many != nil {
        // The next ones in order, until there are none.
        many?.answered(ranges, portions: [], isDrained: true, &cursors)
        stages = [stage] + stages
      } else if case .group(let queue?) = stage {
        quietUntil[queue] = now + pace.quiet
      }
    case (.noRoom, .claim(let ranges, .group(let queue?))):
      many?.putBack(ranges)
      quietUntil[queue] = now + pace.quiet
    default: preconditionFailure("\(event) answers nothing: asked was \(String(describing: asked))")
    }
  }

  // MARK: - Actions

  /// The action for this moment.
  /// - Parameter used: what tenants used of late; one that is missing used nothing.
  mutating func next(at now: ContinuousClock.Instant, used: () -> [String: Double]) -> Action {
    precondition(question == nil, "the last action is not answered yet: \(String(describing: question))")
    defer { assertSound() }
    if let action = nextForBatches() { return action }
    switch lease {
    case .held: break
    case .lost: return .loseLease
    // The database is away, or answers late.
    case .unknown: return .awaitLease
    }
    if stages.isEmpty { begin(at: now) }
    while let stage = stages.popFirst() {
      if let action = action(for: stage, at: now, used) { return action }
    }
    preconditionFailure("a round ends with a batch or a wait")
  }

  /// The action that the claimed batch, those in flight or the end of the worker ask for.
  private mutating func nextForBatches() -> Action? {
    if claimed == .poison, isStopping {
      claimed = nil
      return .abandon
    }
    // A poison job runs when nothing else does, so that its third crash hits nobody else.
    if claimed == .poison, batches > 0 { return .awaitBatch }
    if claimed != nil {
      question = .start
      return .start
    }
    if isStopping { return .stop }
    return runsPoison || batches >= concurrency ? .awaitBatch : nil
  }

  private mutating func begin(at now: ContinuousClock.Instant) {
    roundIsNotified = isNotified
    isNotified = false
    hasSeenHeads = false
    let isDue = dueAt.map { $0 <= now } ?? false
    let readsFirst = owesReading || isDue || (roundIsNotified && !hasWaited && !hasFailed)
    hasFailed = false
    guard let age = lastReading.map({ now - $0 }), age < pace.reading, !readsFirst else {
      stages = [.readLanes]
      return
    }
    // Poison only when nobody else waits.
    stages = owesFirstLap ? [.headScan, .groups] : [.groups]
    if wasPoison { stages.append(.poison) }
    stages.append(.decideToRead(age: age))
  }

  /// The action of a stage; nil: it has none, the next stage comes.
  private mutating func action(
    for stage: Stage, at now: ContinuousClock.Instant, _ used: () -> [String: Double]
  ) -> Action? {
    switch stage {
    case .groups:
      stages = groupsInTurn + stages
      return nil
    case .group(let queue?):
      guard quietUntil[queue].map({ $0 <= now }) ?? true else { return nil }
      fallthrough
    case .group(nil), .kindAlone:
      let ranges = ranges(of: stage, used, at: now)
      guard !ranges.isEmpty else { return nil }
      question = .claim(ranges, stage)
      if case .group(let queue?) = stage { return .claimLimited(queue: queue, ranges) }
      return .claim(ranges)
    case .poison:
      question = .poison
      return .claimPoison
    case .readLanes:
      guard let many else {
        question = .lanes
        return .readLanes
      }
      let positions = many.positions(cursors, at: now)
      question = .lanesSince(positions)
      return .findLanes(since: positions)
    case .headScan:
      let isBeside = !hasWaited
      if isBeside { isScanningBeside = true } else { question = .headScan }
      if let many { return .laneScan(after: many.nextLane, isBeside: isBeside) }
      return .headScan(lanes.all, isBeside: isBeside)
    case .decideToRead(let age):
      // Just drained: no news, no reading.
      guard roundIsNotified || hasWaited else { return wait(pause(at: now), at: now) }
      guard age >= pace.shortestReading else { return wait(pace.shortestReading - age, at: now) }
      stages = [.readLanes]
      return nil
    case .rest:
      if owesFirstLap {
        stages = [.headScan, .groups, .rest]
        return nil
      }
      // The last reading did not come to the end.
      if owesReading { return wait(pace.shortestReading, at: now) }
      guard hasSeenHeads else { return wait(pause(at: now), at: now) }
      stages = lanes.kinds.map(Stage.kindAlone) + [.restLocked]
      return nil
    case .restLocked: return wait(pace.locked, at: now)
    }
  }

  /// Ends the round without a batch; nil: there is news, so that the next round begins at once.
  private mutating func wait(_ pause: Duration?, at now: ContinuousClock.Instant) -> Action? {
    if isNotified {
      hasWaited = true
      begin(at: now)
      return nil
    }
    stages = []
    question = .wait
    return .wait(atMost: pause)
  }

  /// Ends the round with a batch.
  private mutating func end(with batch: Batch) {
    // The job of the notification comes first, the reading right after it: the job may be in a new lane.
    if readsAfterwards { owesReading = roundIsNotified }
    stages = []
    hasWaited = false
    claimed = batch
  }

  /// Whether the round claims before it reads.
  private var readsAfterwards: Bool {
    stages.contains { if case .decideToRead = $0 { true } else { false } }
  }

  /// Until the next round when there is nothing: a due job, room in a limited queue, what a head scan finds.
  private func pause(at now: ContinuousClock.Instant) -> Duration? {
    let due = dueAt.map { max($0 - now, .milliseconds(1)) }
    if isScanningBeside { return min(due ?? pace.headScan, pace.headScan) }
    guard !lanes.limited.isEmpty || many?.active.isEmpty == false else { return due }
    return min(due ?? pace.quiet, pace.quiet)
  }

  // MARK: - Reading

  private mutating func read(_ reading: JobQueue.LanesReading, at now: ContinuousClock.Instant) {
    if reading.areMany {
      many = ManyLanes()
      lanes = KnownLanes()
      stages = [.readLanes]
      return
    }
    lanes = KnownLanes(reading.lanes)
    hasRead(nextDue: reading.nextDue, at: now)
  }

  private mutating func found(
    _ found: JobQueue.LanesFound, since positions: JobQueue.ReadyPositions?, at now: ContinuousClock.Instant
  ) {
    many?.found(found, since: positions, &cursors, at: now)
    hasRead(nextDue: found.nextDue, at: now)
    // There may be more than one reading walks over.
    owesReading = !found.isEnd.fresh || !found.isEnd.requeued
  }

  private mutating func hasRead(nextDue: Duration?, at now: ContinuousClock.Instant) {
    lastReading = now
    owesReading = false
    dueAt = nextDue.map { now + $0 }
    // Poison takes turns with the others.
    stages = owesHeadScan(at: now) ? [.headScan] : []
    if !wasPoison { stages.append(.poison) }
    stages.append(.groups)
    if wasPoison { stages.append(.poison) }
    stages.append(.rest)
    wasPoison = false
  }

  /// A head scan may walk many dead entries under a held snapshot: it has a small part of the time.
  private func owesHeadScan(at now: ContinuousClock.Instant) -> Bool {
    guard !isScanningBeside, !lanes.all.isEmpty || many != nil else { return false }
    if owesFirstLap { return true }
    return lastHeadScan.map { $0 + max(pace.reading, headScanCost * pace.costFactor) <= now } ?? true
  }

  /// Until a scan has gone through all of many lanes, the next part follows at once.
  private var owesFirstLap: Bool { !isScanningBeside && many?.isFirstLap == true }

  private mutating func scanned(_ scan: JobQueue.LaneScan?, _ took: Duration, at now: ContinuousClock.Instant) {
    lastHeadScan = now
    headScanCost = took
    many?.scanned(scan, &cursors)
  }

  /// A claim meanwhile makes a head too low: one claim more starts from the safe position.
  private mutating func scanned(_ heads: [JobQueue.Head], _ took: Duration, at now: ContinuousClock.Instant) {
    lastHeadScan = now
    headScanCost = took
    for head in heads { cursors.found(head.queue, first: head.position) }
  }

  // MARK: - Claiming

  /// All groups, the one after the last claim's first.
  private var groupsInTurn: ArraySlice<Stage> {
    mutating get {
      if let groups = many?.groupsOfRound() { return ArraySlice(groups.map(Stage.group)) }
      return fewGroupsInTurn
    }
  }

  private var fewGroupsInTurn: ArraySlice<Stage> {
    let groups: [String?] = [nil] + lanes.limited.keys.sorted()
    let start = lastGroup.flatMap { last in groups.firstIndex(of: last) }.map { $0 + 1 } ?? 0
    return ArraySlice((groups[start...] + groups[..<start]).map(Stage.group))
  }

  private mutating func ranges(
    of stage: Stage, _ used: () -> [String: Double], at now: ContinuousClock.Instant
  ) -> [ClaimRange] {
    switch stage {
    case .group(let queue):
      if many != nil { return many!.ranges(of: queue, limits: batchLimits, used: used(), cursors, at: now) }
      let known = queue.map { lanes.limited[$0] ?? [] } ?? lanes.unlimited
      return known.isEmpty ? [] : ranges(of: known, TenantShares.ranks(of: lanes.tenants, used: used()), at: now)
    case .kindAlone(let kind): return ranges(of: lanes.unlimited.filter { $0.kind == kind }, [:], at: now)
    default: return []
    }
  }

  private func ranges(
    of lanes: [Lane], _ ranks: [String: Int], at now: ContinuousClock.Instant
  ) -> [ClaimRange] {
    lanes.flatMap { lane in
      [.requeued, .fresh].map { order in
        ClaimRange(
          lane: lane, order: order,
          cursor: cursors.cursor(of: LaneQueue(lane: lane.number, order: order), at: now),
          limit: batchLimits[lane.kind] ?? 1, rank: ranks[lane.tenant] ?? 0)
      }
    }
  }

  private mutating func took(
    _ portions: [JobQueue.Claim.Portion], _ snapshot: Snapshot, of ranges: [ClaimRange],
    at now: ContinuousClock.Instant
  ) {
    guard let first = ranges.first else { return }
    let byQueue = Dictionary(ranges.map { ($0.queue, $0) }, uniquingKeysWith: { first, _ in first })
    let count = portions.reduce(0) { $0 + $1.count }
    // Room for jobs may have run out before the jobs. All portions are of one kind.
    let limit = portions.first.flatMap { byQueue[$0.queue]?.limit } ?? first.limit
    let isDrained = !first.lane.isLimited && count < limit
    for portion in portions {
      guard let range = byQueue[portion.queue] else {
        assertionFailure("\(portion.queue) was not asked for")
        continue
      }
      assert(portion.count <= range.limit, "\(portion.count) jobs of at most \(range.limit) were claimed")
      cursors.claimed(
        portion.queue, after: range.cursor, lastPosition: portion.lastPosition, isDrained: isDrained,
        snapshot: snapshot, at: now)
    }
    many?.answered(ranges, portions: portions, isDrained: isDrained, &cursors)
  }

  private func assertSound() {
    assert(batches <= concurrency, "more batches than there is room for")
    assert(!runsPoison || batches == 1, "a poison job does not run alone")
    assert(claimed == nil || stages.isEmpty, "a round goes on after its batch")
  }
}

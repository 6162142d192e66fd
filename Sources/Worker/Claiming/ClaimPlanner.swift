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
    /// Claim from all queues without limits (nil), or from one with limits.
    case group(String?)
    /// Claim from one lane: the lane that comes first may be locked as a whole, by somebody's open transaction, and must
    /// not keep the others waiting.
    case laneAlone(Lane)
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
    case lanes(all: Bool, at: ContinuousClock.Instant)
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
  private var lanes = KnownLanes()
  private var lastReading: ContinuousClock.Instant?
  /// Until when empty lanes are read, too, as leaving them out takes long.
  private var readsAllUntil: ContinuousClock.Instant?
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
      isNotified = isNotified || roundIsNotified
      hasFailed = true
      stages = []
    case (.waited, .wait): hasWaited = true
    case (.started, .start):
      batches += 1
      runsPoison = claimed == .poison
      claimed = nil
    case (.lanesRead(let reading), .lanes(let all, let askedAt)): read(reading, all: all, askedAt: askedAt, at: now)
    case (.headScanned(let heads, let took), .headScan):
      scanned(heads, took, at: now)
      hasSeenHeads = !heads.isEmpty
    case (.claimed, .poison):
      wasPoison = true
      end(with: .poison)
    case (.foundNothing, .poison): wasPoison = false
    case (.claimed(let portions, let snapshot), .claim(let ranges, let stage)):
      took(portions, snapshot, of: ranges, at: now)
      if case .group(let group) = stage { lastGroup = group }
      end(with: .ordinary)
    case (.throttled(let portions, let snapshot), .claim(let ranges, let stage)):
      took(portions, snapshot, of: ranges, at: now)
      stages = [stage] + stages
    case (.foundNothing, .claim(let ranges, let stage)):
      if cursors.foundNothing(in: ranges.lazy.map(\.queue), at: now) {
        stages = [stage] + stages
      } else if case .group(let queue?) = stage {
        quietUntil[queue] = now + pace.quiet
      }
    default: preconditionFailure("\(event) answers nothing: asked was \(String(describing: asked))")
    }
  }

  // MARK: - Actions

  /// The action for this moment.
  /// - Parameter ranks: the place of each tenant in the order of service; a tenant that is missing has the first.
  mutating func next(at now: ContinuousClock.Instant, ranks: (Set<String>) -> [String: Int]) -> Action {
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
      if let action = action(for: stage, at: now, ranks) { return action }
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
    stages = groupsInTurn
    if wasPoison { stages.append(.poison) }
    stages.append(.decideToRead(age: age))
  }

  /// The action of a stage; nil: it has none, the next stage comes.
  private mutating func action(
    for stage: Stage, at now: ContinuousClock.Instant, _ ranks: (Set<String>) -> [String: Int]
  ) -> Action? {
    switch stage {
    case .group(nil):
      guard !lanes.unlimited.isEmpty else { return nil }
      let ranges = ranges(of: lanes.unlimited, ranks(lanes.tenants), at: now)
      question = .claim(ranges, stage)
      return .claim(ranges)
    case .group(let queue?):
      guard quietUntil[queue].map({ $0 <= now }) ?? true, let known = lanes.limited[queue] else { return nil }
      let ranges = ranges(of: known, ranks(lanes.tenants), at: now)
      question = .claim(ranges, stage)
      return .claimLimited(queue: queue, ranges)
    case .laneAlone(let lane):
      let ranges = ranges(of: [lane], [:], at: now)
      question = .claim(ranges, stage)
      return .claim(ranges)
    case .poison:
      question = .poison
      return .claimPoison(lanes.all)
    case .readLanes:
      let all = readsAllUntil.map { now < $0 } ?? false
      question = .lanes(all: all, at: now)
      return .readLanes(all: all)
    case .headScan:
      let isBeside = !hasWaited
      if isBeside { isScanningBeside = true } else { question = .headScan }
      return .headScan(lanes.all, isBeside: isBeside)
    case .decideToRead(let age):
      // Just drained: no news, no reading.
      guard roundIsNotified || hasWaited else { return wait(pause(at: now), at: now) }
      guard age >= pace.shortestReading else { return wait(pace.shortestReading - age, at: now) }
      stages = [.readLanes]
      return nil
    case .rest:
      guard hasSeenHeads else { return wait(pause(at: now), at: now) }
      stages = lanes.unlimited.sorted { $0.priority < $1.priority }.map(Stage.laneAlone) + [.restLocked]
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
    guard !lanes.limited.isEmpty else { return due }
    return min(due ?? pace.quiet, pace.quiet)
  }

  // MARK: - Reading

  private mutating func read(
    _ reading: JobQueue.LanesReading, all: Bool, askedAt: ContinuousClock.Instant, at now: ContinuousClock.Instant
  ) {
    precondition(now >= askedAt, "an answer came before its question")
    lanes = KnownLanes(reading.lanes)
    lastReading = now
    owesReading = false
    dueAt = reading.nextDue.map { now + $0 }
    let cost = now - askedAt
    // As a head scan, this one may walk many dead entries under a held snapshot; claims do not.
    if !all, cost > pace.dearReading { readsAllUntil = now + cost * pace.costFactor }
    // Poison takes turns with the others.
    stages = owesHeadScan(at: now) ? [.headScan] : []
    if !wasPoison { stages.append(.poison) }
    stages += groupsInTurn
    if wasPoison { stages.append(.poison) }
    stages.append(.rest)
    wasPoison = false
  }

  /// A head scan may walk many dead entries under a held snapshot: it has a small part of the time.
  private func owesHeadScan(at now: ContinuousClock.Instant) -> Bool {
    guard !isScanningBeside, !lanes.all.isEmpty else { return false }
    return lastHeadScan.map { $0 + max(pace.reading, headScanCost * pace.costFactor) <= now } ?? true
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
    let groups: [String?] = [nil] + lanes.limited.keys.sorted()
    let start = lastGroup.flatMap { last in groups.firstIndex(of: last) }.map { $0 + 1 } ?? 0
    return ArraySlice((groups[start...] + groups[..<start]).map(Stage.group))
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
    let count = portions.reduce(0) { $0 + $1.count }
    for portion in portions {
      guard let range = ranges.first(where: { $0.queue == portion.queue }) else {
        assertionFailure("\(portion.queue) was not asked for")
        continue
      }
      assert(portion.count <= range.limit, "\(portion.count) jobs of at most \(range.limit) were claimed")
      cursors.claimed(
        portion.queue, after: range.cursor, lastPosition: portion.lastPosition,
        isDrained: !range.lane.isLimited && count < range.limit, snapshot: snapshot, at: now)
    }
  }

  private func assertSound() {
    assert(batches <= concurrency, "more batches than there is room for")
    assert(!runsPoison || batches == 1, "a poison job does not run alone")
    assert(claimed == nil || stages.isEmpty, "a round goes on after its batch")
  }
}

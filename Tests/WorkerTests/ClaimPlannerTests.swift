import Queue
import Testing

@testable import Worker

/// Each line is a case: what happened, and what the planner does next. See `Play` for the notation.
@Suite("Claim planner")
struct ClaimPlannerTests {
  /// A worker without work: it has read lane a, scanned it, and waits.
  private static let idle =
    "→ read, lanes a → scan a, heads → poison, nothing → claim a, nothing → wait"
  /// A worker with work: a batch runs, and there may be more.
  private static let busy =
    "→ read, lanes a → scan a, heads → poison, nothing → claim a, took a 10/10 → start"
  /// A worker that runs a poison job.
  private static let poisoned =
    "→ read, lanes a → scan a, heads → poison, took a 1/1 → start, started → await"

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: String
    let concurrency: Int

    init(_ name: String, after beginning: String = "", _ script: String = "", concurrency: Int = 4) {
      testDescription = name
      self.script = [beginning, script].filter { !$0.isEmpty }.joined(separator: ", ")
      self.concurrency = concurrency
    }
  }

  private static let rounds = [
    Case("a worker reads the lanes first, and scans them before it claims", after: idle),
    Case("without lanes there is nothing to scan or to claim", "→ read, lanes → poison, nothing → wait"),
    Case("a claimed batch runs, and the next claim comes at once", after: busy, "started → claim a@10"),
    Case(
      "a queue that was just drained is not read again without news",
      after: busy, "started → claim a@10, nothing → claim a, nothing → wait"),
    Case("after a wait the lanes are read again", after: idle, "+1s waited → read"),
    Case(
      "lanes are read once a second while there is work",
      after: busy, "started → claim a@10, took a 10/20 +1s → start, started → read"),
    Case(
      "within the second they are not",
      after: busy, "started → claim a@10, took a 10/20 +900ms → start, started → claim a"),
    Case(
      "as many batches run as there is room for",
      after: busy, "started → await, ended → claim a@10", concurrency: 1),
    Case(
      "an unlimited queue gives to several lanes in one claim",
      "→ read, lanes a b → scan a b, heads → poison, nothing → claim a b, took a 4/4 b 6/9 → start, started → claim a@4 b@9"
    ),
    Case(
      "a claim that came back short starts from the safe position",
      "→ read, lanes a b → scan a b, heads → poison, nothing → claim a b, took a 4/4 b 5/9 → start, started → claim a b"
    ),
    Case(
      "what a late commit may have left behind is looked for once",
      after: busy, "started → claim a@10, nothing → claim a, took a 2/2 → start, started → claim a, nothing → wait"),
  ]

  private static let news = [
    Case(
      "a waiting worker claims what it was notified of before it reads",
      after: idle, "+10ms notified waited → claim a, nothing → read"),
    Case(
      "and reads right after it",
      after: idle, "+10ms notified waited → claim a, took a 1/1 → start, started → read"),
    Case(
      "without a notification it does not",
      after: idle, "+10ms waited → claim a, took a 1/1 → start, started → claim a"),
    Case(
      "a busy worker reads first: the job may be in a new lane",
      after: busy, "started notified → read, lanes a b → poison, nothing → claim a@10 b"),
    Case(
      "lanes that are known to be empty are read again after 10 ms",
      after: idle, "+4ms notified waited → claim a, nothing → wait 6 ms, +6ms waited → claim a, nothing → read"),
    Case(
      "news during a round begin the next one without a wait",
      "→ read, lanes a → scan a, notified heads → poison, nothing → claim a, +10ms nothing → claim a, nothing → read, lanes a → poison, nothing → claim a, nothing → wait"
    ),
    Case(
      "a due job ends the wait, and is made ready first",
      "→ read, lanes a due 30ms → scan a, heads → poison, nothing → claim a, +10ms nothing → wait 20 ms, +20ms waited → read"
    ),
    Case(
      "a busy worker makes a due job ready, too",
      "→ read, lanes a due 30ms → scan a, heads → poison, nothing → claim a, took a 10/10 +30ms → start, started → read"
    ),
    Case(
      "a job that is due already is waited for no shorter than 1 ms",
      "→ read, lanes a due 0ms → scan a, heads → poison, nothing → claim a, nothing → wait 1 ms"),
  ]

  private static let scans = [
    Case(
      "a busy worker scans beside its claims",
      after: busy, "started +1s → read, lanes a → scan a beside, → poison, nothing → claim a"),
    Case(
      "it asks for the scan's answer every 5 ms",
      after: busy, "started +1s → read, lanes a → scan a beside, → poison, nothing → claim a, nothing → wait 5 ms"),
    Case(
      "or sooner, when a job is due",
      after: busy,
      "started +1s → read, lanes a due 2ms → scan a beside, → poison, nothing → claim a, nothing → wait 2 ms"),
    Case(
      "a scan that goes on is not begun again",
      after: busy,
      "started +1s → read, lanes a → scan a beside, → poison, nothing → claim a, took a 10/20 +1s → start, started → read, lanes a → poison"
    ),
    Case(
      "what a scan found is where the next claim starts",
      after: idle, "+1s waited → read, lanes a → scan a, heads a5 → poison, nothing → claim a@4"),
    Case(
      "also when the scan was beside the claims",
      after: busy, "started +1s → read, lanes a → scan a beside, → poison, heads a5 nothing → claim a"),
    Case(
      "a scan takes a fiftieth of the time: one of 100 ms comes every 5 s",
      "→ read, lanes a → scan a, heads took 100ms → poison, nothing → claim a, nothing → wait, +4900ms waited → read, lanes a → poison, nothing → claim a, nothing → wait, +100ms waited → claim a, +1s nothing → read, lanes a → scan a"
    ),
    Case(
      "jobs that were seen and not claimed: kind by kind, by priority",
      "→ read, lanes a b:-1:m c:0:n → scan a b c, heads a1 → poison, nothing → claim a b c, nothing → claim b, nothing → claim a, took a 1/1 → start"
    ),
    Case(
      "and after a short wait again when all are locked",
      "→ read, lanes a → scan a, heads a1 → poison, nothing → claim a, nothing → claim a, nothing → wait 50 ms"),
  ]

  private static let limits = [
    Case(
      "queues with limits take turns with all others",
      "→ read, lanes a X Y b → scan a X Y b, heads → poison, nothing → claim a b, took a 10/10 → start, started → limited X, took X 1/1 → start, started → limited Y, took Y 1/1 → start, started → claim a@10 b"
    ),
    Case(
      "a queue without room loses its turn, not its place",
      "→ read, lanes a X Y → scan a X Y, heads → poison, nothing → claim a, nothing → limited X, nothing → limited Y, took Y 1/1 → start, started → claim a, nothing → limited Y@1"
    ),
    Case(
      "a queue without room is counted again after 20 ms",
      "→ read, lanes X → scan X, heads → poison, nothing → limited X, nothing → wait 20 ms, +19ms waited → read, lanes X → poison, nothing → wait 20 ms, +20ms waited → limited X"
    ),
    Case(
      "after jobs whose key is full come the next ones of the queue",
      "→ read, lanes X → scan X, heads → poison, nothing → limited X, throttled X 2/2 → limited X@2, took X 1/3 → start"
    ),
    Case(
      "a queue with limits is never drained: a short claim may be a full queue",
      "→ read, lanes X → scan X, heads → poison, nothing → limited X, took X 3/3 → start, started → limited X@3, nothing → limited X, nothing → wait 20 ms"
    ),
    Case(
      "a due job ends the wait for room",
      "→ read, lanes X due 7ms → scan X, heads → poison, nothing → limited X, nothing → wait 7 ms"),
    Case(
      "a lane alone is never one with limits",
      "→ read, lanes X → scan X, heads X1 → poison, nothing → limited X, nothing → wait 50 ms"),
    Case(
      "a queue whose limits are gone loses its turn",
      "→ read, lanes a X → scan a X, heads → poison, nothing → claim a, nothing → limited X, took X 1/1 +1s → start, started → read, lanes a → scan a beside, → poison, nothing → claim a"
    ),
  ]

  /// A worker that has found 200 lanes and more: it scans them part by part, and claims from those with work.
  private static let busyWithMany =
    "→ read, many → find, found 20 → scan after 0, scanned end a11 b12 → poison, nothing → claim a@10 b@11"

  private static let many = [
    Case(
      "of many lanes those with work are found by a scan, part by part, before anything else",
      "→ read, many → find, found 20 → scan after 0, scanned 7 → poison, nothing → scan after 7, scanned end a5 → claim a@4"
    ),
    Case("and claimed by age", after: busyWithMany),
    Case(
      "a claim that came back short has emptied all lanes that it named",
      after: busyWithMany, "took a 1/11 b 1/12 → start, started → wait"),
    Case(
      "one that came back full has emptied those before the last",
      after: busyWithMany, "took a 4/14 b 6/19 → start, started → claim b@19"),
    Case(
      "lanes that it did not come to stay",
      after: busyWithMany, "took a 10/20 → start, started → claim b@11 a@20"),
    Case(
      "jobs that it gave up to another claim tell of more behind them",
      after: busyWithMany, "throttled a 10/20 → claim b@11 a@20"),
    Case(
      "every second claim is without newcomers",
      after: busyWithMany,
      "took a 10/20 notified → start, started → find after 20, found 32 c30 → poison, nothing → claim c@29 b@11 a@20, took c 10/39 notified → start, started → find after 20, found 52 d51 → poison, nothing → claim b@11 a@20 c@39 d@50"
    ),
    Case(
      "a reading that did not come to the end goes on soon",
      "→ read, many → find, found 20 → scan after 0, scanned end → poison, nothing → wait, +1s waited → find after 20, found 40 more → scan after 0, scanned end → poison, nothing → wait 10 ms, +10ms waited → find after 40"
    ),
    Case(
      "one that found nothing is not repeated",
      after: busyWithMany, "nothing → wait"),
    Case(
      "after a failure all are asked again",
      after: busyWithMany, "failed → claim a@10 b@11"),
    Case(
      "a newcomer comes first, as its tenant's job would else wait for all that wait longer",
      after: busyWithMany,
      "took a 10/20 notified → start, started → find after 20, found 32 c30 → poison, nothing → claim c@29 b@11 a@20"),
    Case(
      "the rest of the scan goes on beside the claims",
      "→ read, many → find, found 20 → scan after 0, scanned 7 a11 → poison, nothing → claim a@10, took a 10/20 → start, started → scan after 7 beside, → claim a@20"
    ),
    Case(
      "a queue without room keeps its lanes",
      "→ read, many → find, found 20 → scan after 0, scanned end X11 → poison, nothing → limited X@10, full → wait 20 ms, +20ms waited → limited X@10"
    ),
    Case(
      "a queue with limits that gave less than a batch keeps its last lane",
      "→ read, many → find, found 20 → scan after 0, scanned end X11 → poison, nothing → limited X@10, took X 1/11 → start, started → limited X@11, nothing → limited X@10, nothing → wait"
    ),
  ]

  private static let poison = [
    Case("a poison job runs alone", after: poisoned),
    Case(
      "one that another worker has is not waited for",
      "→ read, lanes a → scan a, heads → poison, throttled a 1/1 → claim a"),
    Case(
      "others come after it, then the next one, and no reading without news",
      after: poisoned,
      "ended → claim a, nothing → poison, took a 1/2 → start, started → await, ended → claim a, nothing → poison, nothing → wait, +10ms waited → claim a, nothing → read"
    ),
    Case(
      "it waits until all batches are over",
      after: busy,
      "started → claim a@10, took a 10/20 +1s → start, started → read, lanes a → scan a beside, → poison, took a 1/1 → await, ended → await, ended → start, started → await"
    ),
    Case(
      "after a reading others take their turn before the next one",
      after: poisoned, "ended +1s → read, lanes a → scan a beside, → claim a, nothing → poison, nothing → wait 5 ms"),
    Case(
      "and one that had its turn is first again",
      after: poisoned,
      "ended +1s → read, lanes a → scan a beside, → claim a, took a 10/10 +1s → start, started heads → read, lanes a → poison"
    ),
    Case(
      "a worker that stops does not begin it",
      after: busy,
      "started +1s → read, lanes a → scan a beside, → poison, took a 1/1 → await, stopping → abandon, → stop"),
    Case(
      "one that was notified of meanwhile is not lost",
      after: idle,
      "+10ms waited → claim a, nothing → read, lanes a → poison, took a 1/1 → start, started notified → await, ended → read"
    ),
  ]

  private static let ends = [
    Case("a worker that stops claims no more", after: busy, "started stopping → stop"),
    Case(
      "but runs what it has claimed",
      "→ read, lanes a → scan a, heads → poison, nothing → claim a, took a 1/1 stopping → start, started → stop"),
    Case("it does not wait for room", after: busy, "started stopping → stop", concurrency: 1),
    Case(
      "nothing is asked while the lease is unknown; then the round goes on",
      "→ read, unknown lanes a → lease, → lease, held → scan a, heads → poison"),
    Case("a lost lease ends the worker", after: busy, "started lost → lost"),
    Case(
      "a batch that is claimed runs under an unknown lease: its finish waits",
      "→ read, lanes a → scan a, heads → poison, nothing → claim a, took a 1/1 unknown → start, started → lease"),
    Case(
      "a reading that fails is tried again",
      "→ read, failed → read, failed → read, lanes a → scan a, failed → claim a, nothing → wait 10 ms"),
    Case(
      "a claim that fails begins a new round, and what was notified still counts",
      after: idle, "+10ms notified waited → claim a, failed → claim a, took a 1/1 → start, started → read"),
    Case(
      "a busy worker that failed is still busy",
      after: busy, "started → claim a@10, failed +1s → read, lanes a → scan a beside"),
    Case(
      "a statement behind the reading that fails each time does not keep the claims from going on",
      after: busy, "started notified → read, lanes a → poison, failed → claim a@10, took a 1/20 → start"),
    Case(
      "a scan beside the claims that fails has seen nothing",
      after: busy, "started +1s → read, lanes a → scan a beside, → poison, nothing → claim a, heads nothing → wait"),
  ]

  @Test(arguments: rounds + news + scans) func looks(_ case: Case) { play(`case`) }
  @Test(arguments: many) func looksAtMany(_ case: Case) { play(`case`) }
  @Test(arguments: limits + poison + ends) func takesTurns(_ case: Case) { play(`case`) }

  private func play(_ case: Case) {
    var play = Play(concurrency: `case`.concurrency)
    for line in `case`.script.split(separator: ",") {
      let parts = line.split(separator: "→", omittingEmptySubsequences: false)
      play.happens(String(parts[0]))
      let does = play.next()
      #expect(does == parts[1].trimmingPrefix(" "), "\(line) of \(`case`.script)")
    }
  }

  @Test("a range has the limit of its kind and the rank of its tenant; an unknown kind is claimed one by one")
  func ranges() {
    var planner = ClaimPlanner(batchLimits: ["k": 7], concurrency: 1)
    let now = ContinuousClock.now
    let lanes = [
      Lane(number: 1, queue: "q", kind: "k", tenant: "a"), Lane(number: 2, queue: "q", kind: "other", tenant: "b"),
    ]
    #expect(planner.next(at: now, used: { [:] }) == .readLanes)
    planner.handle(.lanesRead(.init(lanes: lanes)), at: now)
    #expect(planner.next(at: now, used: { [:] }) == .headScan(lanes, isBeside: false))
    planner.handle(.headScanned([], took: .zero), at: now)
    #expect(planner.next(at: now, used: { [:] }) == .claimPoison)
    planner.handle(.foundNothing, at: now)
    let action = planner.next(at: now, used: { ["b": 0.5, "c": 0.1] })
    let ranges = [(0, LaneQueue.Order.requeued, 7, 0), (0, .fresh, 7, 0), (1, .requeued, 1, 1), (1, .fresh, 1, 1)]
    #expect(
      action == .claim(ranges.map { ClaimRange(lane: lanes[$0], order: $1, cursor: 0, limit: $2, rank: $3) }))
  }

  @Test("an answer that was not asked for, and a question before the answer, are errors of the loop")
  func misuse() async {
    await #expect(processExitsWith: .failure) {
      var planner = ClaimPlanner(batchLimits: [:], concurrency: 1)
      planner.handle(.foundNothing, at: .now)
    }
    await #expect(processExitsWith: .failure) {
      var planner = ClaimPlanner(batchLimits: [:], concurrency: 1)
      _ = planner.next(at: .now, used: { [:] })
      _ = planner.next(at: .now, used: { [:] })
    }
    await #expect(processExitsWith: .failure) {
      var planner = ClaimPlanner(batchLimits: [:], concurrency: 1)
      planner.handle(.batchEnded, at: .now)
    }
  }
}

/// A planner, and a short notation for what it is told and what it does.
///
/// Lanes: a small letter is a lane of a queue without limits, a capital one of a queue of that name that has limits,
/// `b:-1` one of priority -1. Positions of fresh jobs only.
///
/// Events: `+5ms` (time passes), `lanes a b due 30ms`, `took a 10/20` (ten jobs, the last at position 20), `throttled X
/// 2/2`, `nothing`, `heads a5 took 100ms`, `waited`, `notified`, `started`, `ended`, `stopping`, `failed`, `held`,
/// `unknown`, `lost`. Several in one text happen one after the other.
///
/// Actions: `claim a@10 b` (lane a after position 10, lane b from its head); the others as they are called.
private struct Play {
  private var planner: ClaimPlanner
  private var now = ContinuousClock.now
  private var names: [Int32: String] = [:]

  init(concurrency: Int) {
    planner = ClaimPlanner(batchLimits: ["k": 10], concurrency: concurrency)
  }

  // MARK: - Events

  mutating func happens(_ text: String) {
    var words = text.split(separator: " ").map(String.init)[...]
    while let word = words.popFirst() {
      if word.hasPrefix("+") { now += duration(String(word.dropFirst())) } else { handle(word, &words) }
    }
  }

  private mutating func handle(_ word: String, _ words: inout ArraySlice<String>) {
    let event: ClaimPlanner.Event
    switch word {
    case "lanes":
      var lanes: [Lane] = []
      for word in takeArguments(&words) { lanes.append(lane(word)) }
      event = .lanesRead(.init(lanes: lanes, nextDue: takeDuration("due", &words)))
    case "many": event = .lanesRead(.init(lanes: [], areMany: true))
    case "found":
      // found 12 a5 b7: jobs up to position 12, of lane a from 5 on.
      var found = JobQueue.LanesFound()
      found.reached.fresh = Int64(words.removeFirst())!
      found.snapshot = (5, 9)
      if words.first == "more" {
        words.removeFirst()
        found.isEnd.fresh = false
      }
      found.heads = takeHeads(&words)
      event = .lanesFound(found)
    case "scanned":
      let next = words.removeFirst()
      event = .lanesScanned(.init(heads: takeHeads(&words), next: Int32(next)), took: .zero)
    case "took": event = .claimed(portions(&words), snapshot: (5, 9))
    case "throttled": event = .throttled(portions(&words), snapshot: (5, 9))
    case "nothing": event = .foundNothing
    case "full": event = .noRoom
    case "heads":
      let heads = takeArguments(&words).map { word in
        JobQueue.Head(queue: queue(word.prefix(1)), position: Int64(word.dropFirst())!)
      }
      event = .headScanned(heads, took: takeDuration("took", &words) ?? .zero)
    case "waited": event = .waited
    case "notified": event = .notified
    case "started": event = .started
    case "ended": event = .batchEnded
    case "stopping": event = .stopping
    case "failed": event = .failed
    case "held": event = .lease(.held)
    case "unknown": event = .lease(.unknown)
    case "lost": event = .lease(.lost)
    default: preconditionFailure("no event: \(word)")
    }
    planner.handle(event, at: now)
  }

  /// The words up to the next event: names of lanes, with or without a number.
  private func takeArguments(_ words: inout ArraySlice<String>) -> [String] {
    var taken: [String] = []
    while let word = words.first, word.count == 1 || word.contains(":") || Int64(word.dropFirst()) != nil,
      !word.hasPrefix("+")
    {
      taken.append(word)
      words.removeFirst()
    }
    return taken
  }

  private mutating func takeHeads(_ words: inout ArraySlice<String>) -> [JobQueue.LaneHead] {
    takeArguments(&words).map { word in
      let position = Int64(word.dropFirst())!
      return JobQueue.LaneHead(
        lane: lane(String(word.prefix(1))), order: .fresh, position: position, due: Double(position))
    }
  }

  private func takeDuration(_ name: String, _ words: inout ArraySlice<String>) -> Duration? {
    guard words.first == name else { return nil }
    words.removeFirst()
    return words.popFirst().map(duration)
  }

  private func portions(_ words: inout ArraySlice<String>) -> [JobQueue.Claim.Portion] {
    var portions: [JobQueue.Claim.Portion] = []
    while words.count >= 2, words[words.startIndex + 1].contains("/") {
      let lane = words.removeFirst()
      let numbers = words.removeFirst().split(separator: "/").map { Int($0)! }
      portions.append(
        .init(
          queue: queue(lane[...]), lastPosition: Int64(numbers[1]), count: numbers[0], lastDue: Double(numbers[1])))
    }
    return portions
  }

  private func queue(_ lane: Substring) -> LaneQueue {
    LaneQueue(lane: Int32(lane.unicodeScalars.first!.value), order: .fresh)
  }

  private mutating func lane(_ word: String) -> Lane {
    let parts = word.split(separator: ":")
    let number = queue(parts[0]).lane
    names[number] = String(parts[0])
    let isLimited = parts[0].first!.isUppercase
    return Lane(
      number: number, queue: isLimited ? String(parts[0]) : "q", kind: parts.count > 2 ? String(parts[2]) : "k",
      tenant: String(parts[0]),
      priority: parts.count > 1 ? Int(parts[1])! : 0, isLimited: isLimited)
  }

  private func duration(_ text: String) -> Duration {
    text.hasSuffix("ms") ? .milliseconds(Int(text.dropLast(2))!) : .seconds(Int(text.dropLast())!)
  }

  // MARK: - Actions

  mutating func next() -> String {
    switch planner.next(at: now, used: { [:] }) {
    case .readLanes: return "read"
    case .headScan(let lanes, let isBeside):
      return "scan " + lanes.map { names[$0.number]! }.joined(separator: " ") + (isBeside ? " beside" : "")
    case .findLanes(let positions): return "find" + (positions.map { " after \($0.fresh)" } ?? "")
    case .laneScan(let lane, let isBeside): return "scan after \(lane)" + (isBeside ? " beside" : "")
    case .claim(let ranges): return "claim " + text(ranges)
    case .claimLimited(_, let ranges): return "limited " + text(ranges)
    case .claimPoison: return "poison"
    case .start: return "start"
    case .abandon: return "abandon"
    case .awaitBatch: return "await"
    case .wait(nil): return "wait"
    case .wait(let pause?): return "wait \(Int(pause / .milliseconds(1))) ms"
    case .awaitLease: return "lease"
    case .loseLease: return "lost"
    case .stop: return "stop"
    }
  }

  private func text(_ ranges: [ClaimRange]) -> String {
    ranges.filter { $0.order == .fresh }
      .map { names[$0.lane.number]! + ($0.cursor > 0 ? "@\($0.cursor)" : "") }
      .joined(separator: " ")
  }
}

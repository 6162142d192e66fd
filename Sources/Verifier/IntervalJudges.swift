import FoundationEssentials
import Queue

/// Whether two jobs of one kind and unique key were ever unfinished at once. Pure.
struct UniqueKeyJudge {
  /// A finishing transaction notes its time before it commits, and an enqueue before it looks for the key; an enqueue
  /// that comes in between waits for the commit. Its overlap is that short wait, and is allowed.
  let slack: TimeInterval
  /// Where instants tell no order.
  let clock: ClockSpans
  private(set) var verdict: Verdict
  private var kind = ""
  private var key = ""
  private var job: JobID = 0
  private var start = Date.distantPast
  private var end: Date?

  init(slack: TimeInterval, clock: ClockSpans = ClockSpans(), _ verdict: Verdict) {
    self.slack = slack
    self.clock = clock
    self.verdict = verdict
    self.verdict.judged(.uniqueKeys, "jobs", 0)
  }

  /// Takes the next job, by kind, key and time of enqueueing.
  /// - Parameter end: nil: not finished.
  mutating func add(_ job: JobID, kind: String, key: String, from start: Date, to end: Date?) {
    verdict.judged(.uniqueKeys, "jobs")
    let end = end ?? .distantFuture
    guard let open = self.end, kind == self.kind, key == self.key else {
      (self.kind, self.key, self.job, self.start, self.end) = (kind, key, job, start, end)
      return
    }
    if start < open.addingTimeInterval(-slack), mayHaveTakenTurns(from: start, to: end, open: open) {
      verdict.judged(.uniqueKeys, "of unknown order (the clock was set back)")
    } else if start < open.addingTimeInterval(-slack) {
      let other = self.job
      verdict.refute(
        .uniqueKeys, job, expected: "\(kind) with key \(key): enqueued after job \(other) has ended",
        seen: Self.overlap(of: other, open.timeIntervalSince(start), isOpen: open == .distantFuture))
    }
    if end > open { (self.job, self.start, self.end) = (job, start, end) }
  }

  /// Whether the clock was set back in such a way that one of the two jobs may have ended before the other began.
  private func mayHaveTakenTurns(from start: Date, to end: Date, open: Date) -> Bool {
    if clock.hidesOrder(of: start, and: open) { return true }
    return clock.hidesOrder(of: self.start, and: start)
      && (end <= self.start.addingTimeInterval(slack) || clock.hidesOrder(of: self.start, and: end))
  }

  private static func overlap(of other: JobID, _ seconds: TimeInterval, isOpen: Bool) -> String {
    isOpen
      ? "enqueued while job \(other) is unfinished"
      : "enqueued \(Int((seconds * 1000).rounded())) ms before job \(other) ended"
  }
}

/// Whether more jobs ran at once than allowed. Pure.
struct LimitJudge {
  /// Most running jobs at once, by queue.
  let limits: [String: Int]
  /// Where instants tell no order.
  let clock: ClockSpans
  private(set) var verdict: Verdict
  private var queue = ""
  private var key: String?
  private var running = 0

  init(limits: [String: Int], clock: ClockSpans = ClockSpans(), _ verdict: Verdict) {
    self.limits = limits
    self.clock = clock
    self.verdict = verdict
    for queue in limits.keys.sorted() { self.verdict.judged(.limits, "jobs of \(queue)", 0) }
  }

  /// Takes the next claim (+1) or end (−1), by queue, key and time; of the same instant, ends first.
  /// - Parameter key: nil: the limit is the queue's own.
  /// - Parameter time: of the change.
  mutating func add(_ job: JobID, queue: String, key: String?, at time: Date, change: Int) {
    if queue != self.queue || key != self.key { (self.queue, self.key, running) = (queue, key, 0) }
    running += change
    guard change > 0, let limit = limits[queue] else { return }
    verdict.judged(.limits, "jobs of \(queue)")
    let now = running
    if now > limit, clock.holds(time) {
      // A job that ended before the clock was set back may seem to run on.
      verdict.judged(.limits, "of unknown order (the clock was set back)")
    } else if now > limit {
      let what = key.map { " with key \($0)" } ?? ""
      verdict.refute(
        .limits, job, expected: "at most \(limit) jobs of queue \(queue)\(what) running", seen: "\(now) running")
    }
  }
}

import FoundationEssentials

@testable import Queue

/// The queue in memory, as simple as can be: what its functions and statements are to do to jobs. Time goes on only when
/// it is told to.
struct QueueModel {
  struct Place: Hashable {
    var queue: String
    var tenant: String
    var priority: Int
  }

  enum State: Equatable {
    case waitsForJobs, waitsForKey, scheduled, ready
    case running(UUID)
    case final(String)

    /// As `twinmill.jobs` and the history call it.
    var name: String {
      switch self {
      case .waitsForJobs, .waitsForKey: "blocked"
      case .scheduled: "scheduled"
      case .ready: "ready"
      case .running: "running"
      case .final(let state): state
      }
    }
  }

  struct Entry: Equatable {
    var place: Place
    var uniqueKey: String?
    var concurrencyKey: String?
    var runAt: Double
    var deadline: Double?
    var state = State.ready
    var attempt = 0
    var crashes = 0
    /// In which step it became ready after it was enqueued; nil: it was ready then.
    var generation: Int?
    /// Unfinished jobs that it waits for, and whether it runs all the same when one is not completed.
    var dependencies: [JobID: Bool] = [:]
    var isAskedToStop = false

    var isFinal: Bool { if case .final = state { true } else { false } }
    var isRunning: Bool { if case .running = state { true } else { false } }
    /// In a queue that claims go through: poison stands apart.
    var isClaimable: Bool { state == .ready && crashes < 2 }
    var isPoison: Bool { state == .ready && crashes >= 2 }
  }

  struct Limits: Equatable {
    var running: Int
    var runningPerKey: Int
  }

  var jobs: [JobID: Entry] = [:]
  /// Of the queue `limited`; the queue `default` has none.
  var limits = Limits(running: 3, runningPerKey: 1)
  var paused: Set<String> = []
  /// In seconds, and a bit for each step, so that no two times are equal.
  var now = 0.0
  var step = 0

  // MARK: - Looking

  var live: [JobID] { jobs.filter { !$0.value.isFinal }.keys.sorted() }

  func ids(where isWanted: (Entry) -> Bool) -> [JobID] { jobs.filter { isWanted($0.value) }.keys.sorted() }

  func running(in queue: String, key: String? = nil) -> Int {
    jobs.values.count { $0.isRunning && $0.place.queue == queue && (key == nil || $0.concurrencyKey == key) }
  }

  /// The jobs of each queue of each lane, in order; of those that became ready in the same step any may come first.
  func lineUp(in queue: String) -> [LineUp] {
    let ready = jobs.filter { $0.value.isClaimable && $0.value.place.queue == queue }
    return Dictionary(grouping: ready.keys) {
      LineUp.Key(place: ready[$0]!.place, isFresh: ready[$0]!.generation == nil)
    }
    .map { key, ids in
      LineUp(
        key: key,
        groups: Dictionary(grouping: ids) { ready[$0]!.generation ?? Int($0) }
          .sorted { $0.key < $1.key }.map { Set($0.value) })
    }
  }

  struct LineUp {
    struct Key: Hashable {
      var place: Place
      var isFresh: Bool
    }

    var key: Key
    /// In order; within a group in any order.
    var groups: [Set<JobID>]

    var count: Int { groups.reduce(0) { $0 + $1.count } }

    /// Whether these are the first jobs.
    func begins(with jobs: Set<JobID>) -> Bool {
      var rest = jobs
      for group in groups where !rest.isEmpty {
        if rest.isSuperset(of: group) { rest.subtract(group) } else { return rest.isSubset(of: group) }
      }
      return rest.isEmpty
    }
  }

  /// The time at which a job counts as due: a step of priority is worth more than any time here.
  func rank(_ job: JobID) -> Double { Double(jobs[job]!.place.priority) * 1e9 + jobs[job]!.runAt }

  // MARK: - Changing

  mutating func becomeReady(_ job: JobID) {
    jobs[job]!.state = jobs[job]!.runAt > now ? .scheduled : .ready
    jobs[job]!.generation = jobs[job]!.runAt > now ? nil : step
  }

  mutating func end(_ job: JobID, _ state: String) {
    jobs[job]!.state = .final(state)
    jobs[job]!.isAskedToStop = false
  }

  /// Lets the jobs that wait for ended ones go on, or end with them.
  mutating func resolveDependents(of ended: [JobID]) {
    var gone = Set(ended.filter { jobs[$0]!.isFinal })
    var doomed = gone.filter { jobs[$0]!.state != .final("completed") }
    while true {
      let more = ids { entry in
        !entry.isFinal && entry.dependencies.contains { doomed.contains($0.key) && !$0.value }
      }
      if more.isEmpty { break }
      for job in more { end(job, "discarded") }
      doomed.formUnion(more)
    }
    gone.formUnion(doomed)
    for job in ids(where: { $0.state == .waitsForJobs }) {
      let before = jobs[job]!.dependencies.count
      jobs[job]!.dependencies = jobs[job]!.dependencies.filter { !gone.contains($0.key) }
      if before > 0, jobs[job]!.dependencies.isEmpty { becomeReady(job) }
    }
  }

  /// Jobs that wait for a key get ready, as far as it has room: the oldest first.
  mutating func unblock(_ keys: Set<String>) {
    for key in keys {
      let room = limits.runningPerKey - running(in: "limited", key: key)
      let waiting = ids { $0.state == .waitsForKey && $0.concurrencyKey == key }
      for job in waiting.prefix(max(room, 0)) {
        jobs[job]!.state = .ready
        jobs[job]!.generation = step
      }
    }
  }

  /// Jobs whose time has come get ready, in the order of their times.
  mutating func promoteDue() {
    for job in ids(where: { $0.state == .scheduled && $0.runAt <= now }) {
      jobs[job]!.state = .ready
      jobs[job]!.generation = step
    }
  }

  mutating func maintainWaiting() {
    let late = ids { !$0.isFinal && !$0.isRunning && ($0.deadline.map { $0 <= now } ?? false) }
    for job in late { end(job, "discarded") }
    resolveDependents(of: late)
    let unwanted = ids { !$0.isFinal && !$0.isRunning && $0.isAskedToStop }
    for job in unwanted { end(job, "cancelled") }
    resolveDependents(of: unwanted)
    unblock(Set(jobs.values.compactMap(\.concurrencyKey)))
  }

  mutating func rescue(_ rescued: [JobID]) {
    for job in rescued {
      jobs[job]!.attempt += 1
      jobs[job]!.crashes += 1
      if jobs[job]!.crashes >= 3 {
        end(job, "discarded")
      } else if jobs[job]!.isAskedToStop {
        end(job, "cancelled")
      } else {
        jobs[job]!.state = .ready
        jobs[job]!.generation = step
      }
    }
    resolveDependents(of: rescued)
  }

  mutating func requeue(_ orphans: [JobID]) {
    for job in orphans {
      jobs[job]!.state = .ready
      jobs[job]!.generation = step
    }
  }

  mutating func finish(_ job: JobID, _ outcome: JobQueue.Outcome) {
    let asked = jobs[job]!.isAskedToStop
    switch outcome {
    case .retry, .snooze, .requeued:
      if asked { return finish(job, .cancelled(message: "asked")) }
    default: break
    }
    switch outcome {
    case .completed, .unchanged:
      jobs[job]!.attempt += 1
      end(job, "completed")
    case .discarded:
      jobs[job]!.attempt += 1
      end(job, "discarded")
    case .cancelled:
      jobs[job]!.attempt += 1
      end(job, "cancelled")
    case .retry(let delay, _):
      jobs[job]!.attempt += 1
      later(job, delay.seconds)
    case .snooze(let delay): later(job, delay.seconds)
    case .requeued:
      jobs[job]!.state = .ready
      jobs[job]!.generation = step
    }
  }

  private mutating func later(_ job: JobID, _ delay: Double) {
    jobs[job]!.state = .scheduled
    jobs[job]!.generation = nil
    jobs[job]!.runAt = now + delay
  }
}

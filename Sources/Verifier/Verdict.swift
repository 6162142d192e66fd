import Queue

/// A promise that is proven or refuted: one line of the report.
package enum Check: String, CaseIterable, Sendable {
  /// Every acknowledged job is final or still due.
  case acknowledged
  /// Nothing is final that was not enqueued.
  case enqueued
  /// Each completed probe has exactly its rows, all of the attempt that completed it; no other job has any.
  case writes
  /// Attempts stay within their limits, each has one recorded end, and the winner was claimed before it started.
  case attempts
  /// A job ends once, and what has ended stays as it is.
  case finalStates = "final_states"
  /// No two jobs of one kind and unique key were unfinished at once.
  case uniqueKeys = "unique_keys"
  /// Never more jobs ran at once than a queue, or a concurrency key of it, allows.
  case limits

  /// The statement that holds if nothing refutes it.
  package var promise: String {
    switch self {
    case .acknowledged: "every acknowledged job is final or still due"
    case .enqueued: "nothing is final that was not enqueued"
    case .writes: "one set of rows per completed job, from the winning attempt; none for others"
    case .attempts: "attempts within limits, each ended once, the winner claimed before it started"
    case .finalStates: "jobs end once and final states never change"
    case .uniqueKeys: "no two unfinished jobs of one kind and unique key"
    case .limits: "never more running jobs than the limits allow"
    }
  }
}

/// A job that refutes a check.
package struct Offender: Sendable, Equatable {
  package let job: JobID
  package let expected: String
  package let seen: String
}

/// The result of one check.
package struct CheckResult: Sendable, Equatable {
  /// The numbers of things that were looked at, by name, in the order of the report.
  package var counts: [(name: String, count: Int)] = []
  /// How often the check was refuted.
  package var refutations = 0
  /// The first of them.
  package var offenders: [Offender] = []

  /// Nothing yet.
  package init() {}

  package static func == (one: CheckResult, other: CheckResult) -> Bool {
    one.refutations == other.refutations && one.offenders == other.offenders
      && one.counts.map(\.name) == other.counts.map(\.name) && one.counts.map(\.count) == other.counts.map(\.count)
  }

  package mutating func count(_ name: String, _ number: Int) {
    if let index = counts.firstIndex(where: { $0.name == name }) {
      counts[index].count += number
    } else {
      counts.append((name, number))
    }
  }
}

/// The results of all checks. A check that is missing was not asked for, or lacked its input.
package struct Verdict: Sendable, Equatable {
  /// Offenders that are kept of each check; the others are only counted.
  package let offenderLimit: Int
  package private(set) var findings: [Check: CheckResult] = [:]

  package init(offenderLimit: Int = 5) {
    self.offenderLimit = offenderLimit
  }

  /// Whether nothing was refuted.
  package var isProven: Bool { findings.values.allSatisfy { $0.refutations == 0 } }

  /// Notes that a check was made, and on how much.
  package mutating func judged(_ check: Check, _ name: String, _ number: Int = 1) {
    findings[check, default: CheckResult()].count(name, number)
  }

  /// Notes what refutes a check; the words are only made for the offenders that are kept.
  package mutating func refute(
    _ check: Check, _ job: JobID, expected: @autoclosure () -> String, seen: @autoclosure () -> String
  ) {
    findings[check, default: CheckResult()].refutations += 1
    guard findings[check, default: CheckResult()].offenders.count < offenderLimit else { return }
    findings[check, default: CheckResult()].offenders.append(Offender(job: job, expected: expected(), seen: seen()))
  }
}

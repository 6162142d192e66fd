import FoundationEssentials
import Queue

@testable import Verifier

/// Two claims to tell apart.
let firstClaim = UUID(uuidString: "11111111-0000-0000-0000-000000000000")!
let secondClaim = UUID(uuidString: "22222222-0000-0000-0000-000000000000")!

extension Date {
  /// A moment of the made-up histories.
  static func second(_ seconds: Double) -> Date { Date(timeIntervalSinceReferenceDate: 800_000_000 + seconds) }
}

extension FinalJob {
  /// A probe that completed at its first attempt with three rows.
  static let good = FinalJob(
    state: "completed", kind: "probe", attempts: Attempts(last: 1, limit: 5, crashes: 0), token: firstClaim,
    claimedAt: .second(1), startedAt: .second(1.5), finishedAt: .second(2), isStored: true, rows: 3,
    hasOtherOrigin: false)

  /// The same, changed.
  func with(_ change: (inout FinalJob) -> Void) -> FinalJob {
    var job = self
    change(&job)
    return job
  }
}

extension WriteSet {
  /// The rows that the good probe wrote.
  static let good = WriteSet(attempt: 1, token: firstClaim, rows: 3, distinct: 3, lowest: 1, highest: 3)

  /// The same, changed.
  func with(_ change: (inout WriteSet) -> Void) -> WriteSet {
    var set = self
    change(&set)
    return set
  }
}

extension JobWitness {
  /// Enqueued, completed, its rows written.
  static let good: JobWitness = {
    var job = JobWitness(job: 7)
    job.inserted = 1
    job.finals = [.good]
    job.writes = [.good]
    return job
  }()

  /// The same, changed.
  func with(_ change: (inout JobWitness) -> Void) -> JobWitness {
    var job = self
    change(&job)
    return job
  }
}

extension Attempts {
  /// Attempts, and what is recorded as `(attempt, cause, worker)`.
  static func of(_ last: Int, limit: Int = 5, crashes: Int = 0, _ ends: [(Int, String, String)] = []) -> Attempts {
    Attempts(
      last: last, limit: limit, crashes: crashes,
      ends: ends.map { AttemptEnd(attempt: $0.0, cause: $0.1, worker: $0.2) })
  }
}

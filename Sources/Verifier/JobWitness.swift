import FoundationEssentials
import Queue

/// Everything that is known of one job.
struct JobWitness: Sendable {
  let job: JobID
  /// How often the producer was told that it was inserted.
  var inserted = 0
  /// How often the producer was told that another request was merged with it.
  var merged = 0
  /// Its rows in the history: one, if all is well.
  var finals: [FinalJob] = []
  /// Its rows among the live jobs: one at most, and none when it has ended, if all is well.
  var lives: [LiveJob] = []
  /// The rows it wrote, by the attempt that wrote them.
  var writes: [WriteSet] = []
  /// How an earlier look saw it end.
  var earlier: EarlierFinal?
}

/// One row of `twinmill.job_history`.
struct FinalJob: Sendable, Equatable {
  /// `completed`, `discarded` or `cancelled`.
  var state: String
  var kind: String
  var attempts: Attempts
  /// The claim that ended it; nil: it was never claimed, or waited when it ended.
  var token: UUID?
  /// When it was claimed, began to load, and ended, by the server's clock.
  var claimedAt: Date?
  var startedAt: Date?
  var finishedAt: Date
  /// Whether it completed with a write, rather than as unchanged.
  var isStored: Bool
  /// How many rows it was told to write; nil: not a probe, its writes are not counted here.
  var rows: Int?
  /// Whether a schedule or `twinmill.retry` asked for it, and no producer.
  var hasOtherOrigin: Bool
}

/// A row of `twinmill.jobs`.
struct LiveJob: Sendable, Equatable {
  var state: String
  var attempts: Attempts
}

/// How often a job was tried, and what is recorded of it.
struct Attempts: Sendable, Equatable {
  /// Number of the last one; 0: never claimed.
  var last: Int
  /// How many may end in an error.
  var limit: Int
  /// How many ended with the death or loss of their worker.
  var crashes: Int
  /// The recorded ends, oldest first.
  var ends: [AttemptEnd] = []
}

/// An entry of a job's `errors`.
struct AttemptEnd: Sendable, Equatable {
  var attempt: Int
  /// `error`, `crash`, … or the cause that ended a job that did not run: `cancel`, …
  var cause: String
  /// The worker that was lost in a crash; empty: not recorded.
  var worker: String
}

/// The rows of `twinmill.probe_writes` that one attempt of a job wrote: 1 … n, once each, if all is well.
struct WriteSet: Sendable, Equatable {
  var attempt: Int
  var token: UUID?
  var rows: Int
  /// Different numbers among them.
  var distinct: Int
  var lowest: Int
  var highest: Int
}

/// How an earlier look saw a job end.
package struct EarlierFinal: Sendable, Equatable {
  let job: JobID
  let state: String
  let attempt: Int
  let token: UUID?
  /// Microseconds since 2001-01-01 UTC.
  let finishedAt: Int64

  init(job: JobID, state: String, attempt: Int, token: UUID?, finishedAt: Int64) {
    self.job = job
    self.state = state
    self.attempt = attempt
    self.token = token
    self.finishedAt = finishedAt
  }

  /// The part of a final job that a later look compares.
  init(job: JobID, _ final: FinalJob) {
    self.init(
      job: job, state: final.state, attempt: final.attempts.last, token: final.token,
      finishedAt: Int64((final.finishedAt.timeIntervalSinceReferenceDate * 1e6).rounded()))
  }
}

import Postgres
import Queue

/// Decides how to go on after a failed transaction that ends attempts: try again, halve the batch to find the job that
/// is to blame, or let that one fail. Pure: errors in, decisions out.
struct FinishPlanner: Sendable {
  /// The next step after a failed transaction.
  enum Decision: Hashable, Sendable {
    /// The same again after a pause.
    case tryAgain
    /// The same for each half, so that the bad job comes to stand alone.
    case split
    /// End the only job as failed: its output cannot be stored.
    case failAlone
    /// End the only job as discarded: it cannot end as it should.
    case discardAlone
    /// Leave the jobs as they are: they are requeued as orphans.
    case giveUp
  }

  /// How often the same transaction is tried before its jobs are looked at one by one.
  static let tryLimit = 5

  private var tries = 0
  /// Whether some transaction may have been committed without an answer.
  private(set) var mayBeCommitted = false

  /// The step that follows from an error.
  /// - Parameters:
  ///   - endings: the attempts that were to end; not empty.
  ///   - storesOutput: whether the first one's output was to be stored.
  mutating func decide(
    after error: any Error, endings: ArraySlice<JobQueue.Ending>, storesOutput: Bool
  ) -> Decision {
    precondition(!endings.isEmpty, "a transaction for no job cannot fail")
    if let error = error as? PostgresError, error.mayPass, error.isOfNoJob || tries < Self.tryLimit {
      // A restarting server fails once under a transaction and then refuses connections: that counts once. A
      // transaction that brings its own connection down counts each time.
      if !error.isOfNoJob { tries += 1 }
      mayBeCommitted = mayBeCommitted || error.isConnectionLoss || error.kind == .deadlineExceeded
      return .tryAgain
    }
    guard endings.count == 1, let ending = endings.first else { return .split }
    if storesOutput { return .failAlone }
    if case .discarded = ending.outcome { return .giveUp }
    return .discardAlone
  }
}

extension PostgresError {
  /// Whether the same transaction may succeed later without anybody doing anything to it: lost connection, deadline,
  /// serialization failure, deadlock, disk full, out of memory, too many connections, lock or statement timeout.
  fileprivate var mayPass: Bool {
    isConnectionLoss || kind == .deadlineExceeded || isRetryable || sqlstate?.hasPrefix("53") == true
      || sqlstate == "55P03" || sqlstate == "57014"
  }

  /// Whether no transaction at all can succeed now, so that no job is to blame: no connection to be had, disk full.
  fileprivate var isOfNoJob: Bool {
    kind == .connectFailed || sqlstate == "53100" || sqlstate == "53300"
  }
}

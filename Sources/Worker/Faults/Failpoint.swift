import Queue

#if FAULT_INJECTION
  import Glibc
  import Synchronization
#endif

/// A named point in the life of a batch, or of a rescue, that tests await.
public enum Failpoint: String, Sendable, CaseIterable {
  /// The jobs are this worker's, nothing is read yet.
  case claimed
  /// The inputs are read, nothing is computed yet.
  case loaded
  /// Everything is computed, nothing is stored yet.
  case computed
  /// The lease was found to be held; the transaction that ends the attempts is about to begin.
  case finishing
  /// The fence has told which attempts it accepts, inside the transaction; nothing of theirs is stored yet.
  case fenced
  /// Finished and stored inside the transaction, not committed yet.
  case stored
  /// Committed; nobody else knows yet.
  case committed
  /// A worker looks dead; nothing is rescued yet.
  case rescuing
}

/// Told of each failpoint as it is hit. In production nobody listens; in a debug build a safeguard may be out, too.
public struct Failpoints: Sendable {
  /// Called with the failpoint and the jobs of the batch; the batch goes on when it returns.
  public let hit: @Sendable (Failpoint, [JobID]) async -> Void

  #if FAULT_INJECTION
    /// A safeguard to leave out; only tests of the checker do.
    public var mutant: Mutant?
  #endif

  /// - Parameter hit: does nothing by default.
  public init(_ hit: @escaping @Sendable (Failpoint, [JobID]) async -> Void = { _, _ in }) {
    self.hit = hit
  }

  #if FAULT_INJECTION
    /// Stops the whole process (SIGSTOP) the first time that the failpoint is hit, for a test to kill or continue it.
    public static func stopping(at failpoint: Failpoint) -> Failpoints {
      let once = Once()
      return Failpoints { hit, _ in
        if hit == failpoint, once.isFirst() { raise(SIGSTOP) }
      }
    }

    private final class Once: Sendable {
      private let hasHappened = Atomic(false)

      func isFirst() -> Bool {
        hasHappened.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
      }
    }
  #endif
}

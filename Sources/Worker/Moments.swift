import Glibc
import Queue
import Synchronization

/// A named moment in the life of a batch, or of a rescue, which tests await.
public enum Moment: String, Sendable, CaseIterable {
  /// The jobs are this worker's, nothing is read yet.
  case claimed
  /// The inputs are read, nothing is computed yet.
  case loaded
  /// Everything is computed, nothing is stored yet.
  case computed
  /// The lease was found to be held; the transaction that ends the attempts is about to begin.
  case finishing
  /// The fence has told which attempts are still ours, inside the transaction; nothing of theirs is stored yet.
  case fenced
  /// Finished and stored inside the transaction, not committed yet.
  case stored
  /// Committed; nobody else knows yet.
  case committed
  /// Somebody looks dead; nothing is returned yet.
  case rescuing
}

/// Told of each moment as it is reached. In production nobody listens.
public struct Moments: Sendable {
  /// Called with the moment and the jobs of the batch; the batch goes on when it returns.
  public let reached: @Sendable (Moment, [JobID]) async -> Void

  /// - Parameter reached: does nothing by default.
  public init(_ reached: @escaping @Sendable (Moment, [JobID]) async -> Void = { _, _ in }) {
    self.reached = reached
  }

  /// Stops the whole process (SIGSTOP) the first time that the moment is reached, for a test to kill or continue it.
  public static func stopping(at moment: Moment) -> Moments {
    let once = Once()
    return Moments { reached, _ in
      if reached == moment, once.isFirst() { raise(SIGSTOP) }
    }
  }

  private final class Once: Sendable {
    private let hasHappened = Atomic(false)

    func isFirst() -> Bool {
      hasHappened.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
    }
  }
}

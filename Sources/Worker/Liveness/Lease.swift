/// Whether this worker may count as alive, by its own monotonic clock. A pure state machine.
///
/// - held: the server has said so, and the lease that it gave cannot have ended yet.
/// - unknown: the lease may have ended; nothing is stored or claimed until a heartbeat says more.
/// - lost: the server has said so. Final: the process ends and starts anew under a new id.
public struct Lease: Sendable {
  /// See `Lease`.
  public enum State: Sendable, Equatable {
    case held, unknown, lost
  }

  private let length: ContinuousClock.Duration
  private var heldUntil: ContinuousClock.Instant?
  private var isLost = false

  /// Unknown until the first renewal.
  /// - Parameter length: as the server is asked for it.
  public init(length: Duration) {
    precondition(length > .zero, "a lease has a length")
    self.length = length
  }

  /// The server granted a lease in answer to a request sent at `sentAt`: the server's lease cannot end before
  /// `sentAt + length`, however long the answer took.
  public mutating func renewed(sentAt: ContinuousClock.Instant) {
    guard !isLost else { return }
    assert(heldUntil.map { $0 <= sentAt + length } ?? true, "leases are renewed in the order of their requests")
    heldUntil = sentAt + length
  }

  /// The server does not know this worker any more.
  public mutating func refused() {
    isLost = true
  }

  /// - Parameter margin: what is about to be done takes at most this long.
  public func state(at now: ContinuousClock.Instant, margin: Duration = .zero) -> State {
    if isLost { return .lost }
    guard let heldUntil, now + margin < heldUntil else { return .unknown }
    return .held
  }
}

/// The lease is gone: somebody else has this worker's jobs.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
  /// The reason, for people.
  public var description: String {
    "the lease is lost: this worker was declared dead and its jobs were returned to the queue"
  }
}

import Synchronization

/// The lease as the heartbeat writes it and all other parts of the worker read it.
final class SharedLease: Sendable {
  private let lease: Mutex<Lease>
  private let clock = ContinuousClock()

  init(length: Duration) {
    lease = Mutex(Lease(length: length))
  }

  func update(_ change: (inout Lease) -> Void) {
    lease.withLock { change(&$0) }
  }

  func state(margin: Duration = .zero) -> Lease.State {
    lease.withLock { $0.state(at: clock.now, margin: margin) }
  }

  /// Returns once the lease is held for at least `margin` more.
  /// - Throws: `LeaseLost`, or `CancellationError`.
  func untilHeld(margin: Duration) async throws {
    while true {
      switch state(margin: margin) {
      case .held: return
      case .lost: throw LeaseLost()
      // Rare and short: the server is away. The heartbeat's next answer decides.
      case .unknown: try await Task.sleep(for: .milliseconds(20))
      }
    }
  }
}

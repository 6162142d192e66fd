import FoundationEssentials
import Synchronization

/// The pings that a listening connection sends to itself: how many were sent, and the last that came back.
final class Pings: Sendable {
  /// All workers receive all pings.
  private let listener = UUID().uuidString
  private let state = Mutex((sent: 0, received: ""))
  private let arrival = WakeUp()

  /// The payload of a new ping.
  func next() -> String {
    let number = state.withLock { state in
      state.sent += 1
      return state.sent
    }
    return "\(listener) \(number)"
  }

  /// A ping came in, of this listener or another.
  func received(_ payload: String) {
    guard payload.hasPrefix(listener) else { return }
    state.withLock { $0.received = payload }
    arrival.signal()
  }

  /// Whether a ping comes in, perhaps has already.
  func isReceived(_ payload: String, within deadline: Duration) async -> Bool {
    let end = ContinuousClock.now + deadline
    while state.withLock({ $0.received != payload }) {
      guard ContinuousClock.now < end, !Task.isCancelled else { return false }
      await arrival.wait(atMost: end - .now)
    }
    return true
  }
}

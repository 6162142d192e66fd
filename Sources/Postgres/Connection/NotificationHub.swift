import Synchronization

/// The streams that a connection's notifications go to.
final class NotificationHub: Sendable {
  private struct State {
    var streams: [UInt64: AsyncStream<Notification>.Continuation] = [:]
    var lastKey: UInt64 = 0
    var hasFinished = false
  }

  private let state = Mutex(State())

  /// A stream from now on; already at its end if the connection is dead. A consumer that falls behind by more than
  /// 4,096 notifications loses the oldest.
  func stream() -> AsyncStream<Notification> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Notification.self, bufferingPolicy: .bufferingNewest(4096))
    let key = state.withLock { state -> UInt64? in
      if state.hasFinished { return nil }
      state.lastKey += 1
      state.streams[state.lastKey] = continuation
      return state.lastKey
    }
    guard let key else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.streams.removeValue(forKey: key) }
    }
    return stream
  }

  func deliver(_ notification: Notification) {
    // Outside of the lock: `yield` may run a consumer's termination, which takes it.
    for stream in state.withLock({ Array($0.streams.values) }) { stream.yield(notification) }
  }

  func finish() {
    let streams = state.withLock { state in
      state.hasFinished = true
      defer { state.streams = [:] }
      return Array(state.streams.values)
    }
    for stream in streams { stream.finish() }
  }
}

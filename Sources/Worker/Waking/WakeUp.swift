import Synchronization

/// Wakes one waiting loop. A signal that nobody waits for is kept; several are one.
final class WakeUp: Sendable {
  private struct State {
    /// A signal that has not ended a wait yet.
    var isSignalled = false
    /// A signal that `take` has not reported yet, whether it ended a wait or not.
    var isPending = false
    var waiter: CheckedContinuation<Void, Never>?
    /// Counts the waits, so that a timer ends its own only.
    var wait = 0
  }

  private let state = Mutex(State())

  /// Ends the present wait, or the next one at once.
  func signal() {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.isPending = true
      if state.waiter == nil { state.isSignalled = true }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// Whether a signal came since the last take.
  func take() -> Bool {
    state.withLock { state in
      defer { (state.isSignalled, state.isPending) = (false, false) }
      return state.isPending
    }
  }

  /// Returns at the next signal, after `timeout`, or when the task is cancelled.
  func wait(atMost timeout: Duration) async {
    let wait = state.withLock { state in
      state.wait += 1
      return state.wait
    }
    let timer = Task {
      guard (try? await Task.sleep(for: timeout)) != nil else { return }  // cancelled: the signal came first
      self.end(wait)
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state -> Bool in
          if state.isSignalled || state.wait != wait {
            state.isSignalled = false
            return true
          }
          state.waiter = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      self.end(wait)
    }
    timer.cancel()
  }

  /// Ends a wait without a signal, if it is still the present one.
  private func end(_ wait: Int) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.wait == wait else { return nil }
      state.wait += 1
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }
}

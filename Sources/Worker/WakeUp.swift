import Synchronization

/// Wakes one waiting loop. A signal that nobody waits for is kept; several are one.
final class WakeUp: Sendable {
  private struct State {
    var isSignalled = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Ends the present wait, or the next one at once.
  func signal() {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard let waiter = state.waiter else {
        state.isSignalled = true
        return nil
      }
      state.waiter = nil
      return waiter
    }
    waiter?.resume()
  }

  /// Whether a signal came since the last wait or take; it counts as heard.
  func take() -> Bool {
    state.withLock { state in
      defer { state.isSignalled = false }
      return state.isSignalled
    }
  }

  /// Returns at the next signal, after `timeout`, or when the task is cancelled.
  func wait(atMost timeout: Duration) async {
    let timer = Task {
      guard (try? await Task.sleep(for: timeout)) != nil else { return }  // cancelled: the signal came first
      self.signal()
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isSignalled = state.withLock { state -> Bool in
          if state.isSignalled {
            state.isSignalled = false
            return true
          }
          state.waiter = continuation
          return false
        }
        if isSignalled { continuation.resume() }
      }
    } onCancel: {
      self.signal()
    }
    timer.cancel()
  }
}

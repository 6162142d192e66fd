import Postgres
import Synchronization

/// Lets another task cancel what the claim loop asks of the server, so that a worker can stop although its server does
/// not answer.
final class QueryCancellation: Sendable {
  private let state = Mutex((isCancelled: false, cancel: (@Sendable () -> Void)?.none))

  /// Cancels the question that waits for its answer, and every later one.
  func cancel() {
    let cancel = state.withLock { state in
      state.isCancelled = true
      return state.cancel
    }
    cancel?()
  }

  /// Asks; one question at a time. `cancel` and the caller's own cancellation end it.
  func run<Answer: Sendable>(
    _ question: @escaping @Sendable () async throws(PostgresError) -> Answer
  ) async throws(PostgresError) -> Answer {
    let asking = Task { () -> Result<Answer, PostgresError> in
      do throws(PostgresError) {
        return .success(try await question())
      } catch {
        return .failure(error)
      }
    }
    let isCancelled = state.withLock { state in
      precondition(state.cancel == nil, "one question at a time")
      state.cancel = { asking.cancel() }
      return state.isCancelled
    }
    defer { state.withLock { $0.cancel = nil } }
    if isCancelled { asking.cancel() }
    let answer = await withTaskCancellationHandler {
      await asking.value
    } onCancel: {
      asking.cancel()
    }
    return try answer.get()
  }
}

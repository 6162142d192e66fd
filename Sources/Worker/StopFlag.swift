import Synchronization

/// Whether the worker is to stop, and a while later: whether what it asks of the server is to be broken off.
final class StopFlag: Sendable {
  private let flag = Atomic(false)
  private let question = Mutex((isBrokenOff: false, cancel: (@Sendable () -> Void)?.none))

  var isSet: Bool { flag.load(ordering: .relaxed) }

  func set() { flag.store(true, ordering: .relaxed) }

  /// Cancels the question that waits for its answer, and every later one.
  func breakOff() {
    let cancel = question.withLock { question in
      question.isBrokenOff = true
      return question.cancel
    }
    cancel?()
  }

  /// The answer to a question, one at a time, that `breakOff` or the caller's cancellation cancels.
  func untilBrokenOff<Answer: Sendable>(_ asking: Task<Answer, Never>) async -> Answer {
    let isBrokenOff = question.withLock { question in
      question.cancel = { asking.cancel() }
      return question.isBrokenOff
    }
    defer { question.withLock { $0.cancel = nil } }
    if isBrokenOff { asking.cancel() }
    return await withTaskCancellationHandler {
      await asking.value
    } onCancel: {
      asking.cancel()
    }
  }
}

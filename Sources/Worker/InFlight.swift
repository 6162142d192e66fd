import Queue
import Synchronization

/// The computations that run now, so that one of them can be cancelled by its job's id.
final class InFlight: Sendable {
  /// Why a computation was cancelled.
  enum Reason: Sendable {
    /// Somebody asked: the job ends as cancelled.
    case requested
    /// The worker stops: the job goes back to the queue.
    case draining
    /// The lease is lost: the job is somebody else's.
    case leaseLost
  }

  private struct State {
    var cancels: [JobID: @Sendable () -> Void] = [:]
    var reasons: [JobID: Reason] = [:]
    var reasonForAll: Reason?
  }

  private let state = Mutex(State())

  /// How many jobs are claimed and not finished.
  var count: Int { state.withLock { $0.cancels.count } }

  /// Jobs were claimed. Until `began` there is nothing to cancel but the intent is kept.
  func add(_ jobs: [Job]) {
    state.withLock { state in
      for job in jobs { state.cancels[job.id] = {} }
    }
  }

  /// A job's computation began; `cancel` stops it, at once if that has been asked already.
  func began(_ job: JobID, cancel: @escaping @Sendable () -> Void) {
    let isCancelled = state.withLock { state in
      state.cancels[job] = cancel
      return state.reasons[job] != nil || state.reasonForAll != nil
    }
    if isCancelled { cancel() }
  }

  /// The jobs are finished, handed back or lost.
  func remove(_ jobs: [JobID]) {
    state.withLock { state in
      for job in jobs {
        state.cancels[job] = nil
        state.reasons[job] = nil
      }
    }
  }

  /// Cancels one job, if it is here.
  func cancel(_ job: JobID, _ reason: Reason) {
    let cancel = state.withLock { state -> (@Sendable () -> Void)? in
      guard let cancel = state.cancels[job], state.reasons[job] == nil else { return nil }
      state.reasons[job] = reason
      return cancel
    }
    cancel?()
  }

  /// Cancels everything, also what is added later.
  func cancelAll(_ reason: Reason) {
    let cancels = state.withLock { state in
      if state.reasonForAll == nil || reason == .leaseLost { state.reasonForAll = reason }
      return Array(state.cancels.values)
    }
    for cancel in cancels { cancel() }
  }

  /// Why a job was cancelled; nil: it was not.
  func reason(for job: JobID) -> Reason? {
    state.withLock { $0.reasons[job] ?? $0.reasonForAll }
  }
}

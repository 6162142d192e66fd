import FoundationEssentials
import Queue
import Synchronization

/// The claims that this process knows, and their computations, so that one of them can be cancelled by its job's id.
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

  /// One attempt. A job may come back to the same process while an earlier batch of it still runs.
  private struct Entry {
    let attempt: Int
    var cancel: @Sendable () -> Void = {}
    var reason: Reason?
  }

  private struct State {
    var entries: [JobID: Entry] = [:]
    var claims: Set<UUID> = []
    var reasonForAll: Reason?
  }

  private let state = Mutex(State())

  /// How many jobs are claimed and not finished.
  var count: Int { state.withLock { $0.entries.count } }

  /// Tokens of the claims that are being made or run.
  var claims: [UUID] { state.withLock { Array($0.claims) } }

  /// A claim is about to be made.
  func begin(_ claim: UUID) {
    _ = state.withLock { $0.claims.insert(claim) }
  }

  /// A claim came to nothing, or its batch has ended: what is still owned under its token is a stray.
  func end(_ claim: UUID) {
    _ = state.withLock { $0.claims.remove(claim) }
  }

  /// Jobs were claimed. Until `began` there is nothing to cancel but the intent is kept.
  func add(_ jobs: [Job]) {
    state.withLock { state in
      for job in jobs { state.entries[job.id] = Entry(attempt: job.attempt) }
    }
  }

  /// An attempt's computation began; `cancel` stops it, at once if that has been asked already.
  func began(_ job: Job, cancel: @escaping @Sendable () -> Void) {
    let isCancelled = state.withLock { state in
      guard state.entries[job.id]?.attempt == job.attempt else { return state.reasonForAll != nil }
      state.entries[job.id]?.cancel = cancel
      return state.entries[job.id]?.reason != nil || state.reasonForAll != nil
    }
    if isCancelled { cancel() }
  }

  /// The attempts are finished, handed back or lost.
  func remove(_ jobs: [Job]) {
    state.withLock { state in
      for job in jobs where state.entries[job.id]?.attempt == job.attempt { state.entries[job.id] = nil }
    }
  }

  /// Cancels one job, if it is here.
  func cancel(_ job: JobID, _ reason: Reason) {
    let cancel = state.withLock { state -> (@Sendable () -> Void)? in
      guard let entry = state.entries[job], entry.reason == nil else { return nil }
      state.entries[job]?.reason = reason
      return entry.cancel
    }
    cancel?()
  }

  /// Cancels everything, also what is added later.
  func cancelAll(_ reason: Reason) {
    let cancels = state.withLock { state in
      if state.reasonForAll == nil || reason == .leaseLost { state.reasonForAll = reason }
      return state.entries.values.map(\.cancel)
    }
    for cancel in cancels { cancel() }
  }

  /// Why an attempt was cancelled; nil: it was not.
  func reason(for job: Job) -> Reason? {
    state.withLock { state in
      let entry = state.entries[job.id].flatMap { $0.attempt == job.attempt ? $0 : nil }
      return entry?.reason ?? state.reasonForAll
    }
  }
}

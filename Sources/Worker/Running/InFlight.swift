import FoundationEssentials
import Queue
import Synchronization

/// The claims that this process knows, and their computations, so that one of them can be cancelled by its job's id.
final class InFlight: Sendable {
  /// Why a computation was cancelled.
  enum Reason: Sendable {
    /// Somebody asked: the job ends as cancelled.
    case requested
    /// It took longer than its kind allows: the attempt has failed.
    case timedOut
    /// The job's deadline has passed: it is discarded.
    case deadlinePassed
    /// The worker stops: the job goes back to the queue.
    case draining
    /// The lease is lost: the job is somebody else's.
    case leaseLost
  }

  /// One attempt. A job may come back to the same process while an earlier batch of it still runs.
  /// An object, touched only under the lock: entries are looked up several times a job.
  private final class Entry {
    let job: Job
    var cancel: (@Sendable () -> Void)?
    var reason: Reason?
    /// When the computation times out, and when the job's deadline passes; nil: it does not run, has no deadline.
    var timesOut: ContinuousClock.Instant?
    var deadline: ContinuousClock.Instant?
    /// When a computation that runs was cancelled.
    var cancelledAt: ContinuousClock.Instant?
    /// Reported since it was last taken.
    var progress: JobQueue.Progress?

    init(job: Job) {
      self.job = job
    }

    func assertSound() {
      assert(cancel != nil || (timesOut == nil && deadline == nil), "only what is computed has a limit of time")
      assert(cancel != nil || cancelledAt == nil, "only a computation can be late to heed its cancellation")
    }
  }

  private struct State: ~Copyable {
    var entries: [JobID: Entry] = [:]
    var claims: Set<UUID> = []
    var reasonForAll: Reason?

    /// The entry of this very attempt.
    func entry(of job: Job) -> Entry? {
      guard let entry = entries[job.id], entry.job.attempt == job.attempt else { return nil }
      return entry
    }
  }

  private let state = Mutex(State())

  /// How many jobs are claimed and not finished.
  var count: Int { state.withLock { $0.entries.count } }

  /// Tokens of the claims that are being made or run.
  var claims: [UUID] { state.withLock { Array($0.claims) } }

  /// Whether an attempt of the job is in flight here.
  func holds(_ job: JobID) -> Bool { state.withLock { $0.entries[job] != nil } }

  /// A claim is about to be made.
  func begin(_ claim: UUID) {
    let isNew = state.withLock { $0.claims.insert(claim).inserted }
    precondition(isNew, "a claim begins once")
  }

  /// A claim came to nothing, or its batch has ended: jobs that are still owned under its token are orphans.
  func end(_ claim: UUID) {
    let wasKnown = state.withLock { $0.claims.remove(claim) != nil }
    precondition(wasKnown, "a claim ends once")
  }

  /// Jobs were claimed. Until `began` there is nothing to cancel but the intent is kept.
  func add(_ jobs: [Job]) {
    state.withLock { state in
      for job in jobs { state.entries[job.id] = Entry(job: job) }
    }
  }

  /// An attempt's computation began; `cancel` stops it, at once if that has been asked already.
  func began(
    _ job: Job, timesOut: ContinuousClock.Instant, deadline: ContinuousClock.Instant?,
    cancel: @escaping @Sendable () -> Void
  ) {
    let isCancelled = state.withLock { state in
      guard let entry = state.entry(of: job) else { return state.reasonForAll != nil }
      entry.cancel = cancel
      entry.timesOut = timesOut
      entry.deadline = deadline
      let isCancelled = entry.reason != nil || state.reasonForAll != nil
      if isCancelled { entry.cancelledAt = .now }
      entry.assertSound()
      return isCancelled
    }
    if isCancelled { cancel() }
  }

  /// An attempt's computation has ended, cancelled or not.
  func computed(_ job: Job) {
    state.withLock { state in
      guard let entry = state.entry(of: job) else { return }
      entry.cancel = nil
      entry.timesOut = nil
      entry.deadline = nil
      entry.cancelledAt = nil
    }
  }

  /// Cancels what has run too long.
  /// - Returns: the jobs that were cancelled longer than `grace` ago and still compute.
  func expire(at now: ContinuousClock.Instant, grace: Duration) -> [Job] {
    var cancels: [@Sendable () -> Void] = []
    var stuck: [Job] = []
    state.withLock { state in
      for entry in state.entries.values {
        entry.assertSound()
        if let cancelledAt = entry.cancelledAt {
          if cancelledAt + grace <= now { stuck.append(entry.job) }
          continue
        }
        let isLate = entry.deadline.map { $0 <= now } ?? false
        guard isLate || (entry.timesOut.map { $0 <= now } ?? false), let cancel = entry.cancel else { continue }
        entry.reason = entry.reason ?? (isLate ? .deadlinePassed : .timedOut)
        entry.cancelledAt = now
        cancels.append(cancel)
      }
    }
    for cancel in cancels { cancel() }
    return stuck
  }

  // MARK: - Progress

  /// A computation says how far it is.
  func report(_ progress: JobQueue.Progress, of job: Job) {
    state.withLock { state in
      state.entry(of: job)?.progress = progress
    }
  }

  /// The progress that was reported since the last call.
  func takeProgress() -> [(job: Job, progress: JobQueue.Progress)] {
    state.withLock { state in
      let reports = state.entries.values.compactMap { entry in entry.progress.map { (job: entry.job, progress: $0) } }
      for entry in state.entries.values { entry.progress = nil }
      return reports
    }
  }

  // MARK: - End

  /// The attempts are finished, requeued or lost.
  func remove(_ jobs: [Job]) {
    state.withLock { state in
      for job in jobs {
        guard let index = state.entries.index(forKey: job.id) else { continue }
        if state.entries.values[index].job.attempt == job.attempt { state.entries.remove(at: index) }
      }
    }
  }

  /// Cancels one job, if it is here.
  func cancel(_ job: JobID, _ reason: Reason) {
    let cancel = state.withLock { state -> (@Sendable () -> Void)? in
      guard let entry = state.entries[job], entry.reason == nil else { return nil }
      entry.reason = reason
      if entry.cancel != nil { entry.cancelledAt = .now }
      return entry.cancel
    }
    cancel?()
  }

  /// Cancels everything, also what is added later.
  func cancelAll(_ reason: Reason) {
    let cancels = state.withLock { state in
      if state.reasonForAll == nil || reason == .leaseLost { state.reasonForAll = reason }
      return state.entries.values.compactMap { entry -> (@Sendable () -> Void)? in
        if entry.cancel != nil, entry.cancelledAt == nil { entry.cancelledAt = .now }
        return entry.cancel
      }
    }
    for cancel in cancels { cancel() }
  }

  /// Why an attempt was cancelled; nil: it was not.
  func reason(for job: Job) -> Reason? {
    state.withLock { state in state.entry(of: job)?.reason ?? state.reasonForAll }
  }
}

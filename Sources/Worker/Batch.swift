import FoundationEssentials
import Logging
import Postgres
import Queue

/// One claim's way through the house: load → compute → store and finish.
struct Batch<Kind: JobKind>: Sendable {
  let kind: Kind
  let claim: JobQueue.Claim
  let claimTime: ClaimTime
  let context: WorkerContext

  /// Runs the batch to its end; whatever happens is recorded on its jobs or logged.
  func run() async {
    context.inFlight.add(claim.jobs)
    defer { context.inFlight.remove(claim.jobs) }
    do {
      await reached(.claimed)
      let startedAt = serverTimeNow()
      let inputs = try await load()
      await reached(.loaded)
      try await compute(inputs, startedAt: startedAt)
    } catch {
      let metadata: Logger.Metadata = ["kind": "\(claim.jobs[0].kind)", "jobs": jobRange]
      if context.lease.state() == .lost {
        context.logger.warning("results refused: the lease is lost", metadata: metadata)
      } else {
        context.logger.error(
          "batch abandoned, its open jobs are handed back", metadata: metadata.merging(["error": "\(error)"]) { $1 })
      }
    }
  }

  // MARK: - Load

  /// Reads the inputs of all jobs in one read-only snapshot, which ends here.
  /// - Throws: `PostgresError` when the database is away: that is no job's fault.
  private func load() async throws -> [JobID: Result<Kind.Input, JobFailure>] {
    try await load(claim.jobs[...])
  }

  /// When reading fails, halves the batch until the job that cannot be read stands alone.
  private func load(_ jobs: ArraySlice<Job>) async throws -> [JobID: Result<Kind.Input, JobFailure>] {
    do {
      return try await context.pool.withConnection { connection in
        guard kind.definition.readsDatabase else { return try await kind.load(Array(jobs), on: connection) }
        return try await connection.transaction(readOnly: true, isolation: .repeatableRead) { connection in
          try await kind.load(Array(jobs), on: connection)
        }
      }
    } catch let error as PostgresError where error.isConnectionLoss {
      throw error
    } catch {
      try Task.checkCancellation()
      guard jobs.count > 1 else {
        return [jobs[jobs.startIndex].id: .failure(JobFailure("cannot load: \(error)"))]
      }
      let middle = jobs.startIndex + jobs.count / 2
      return try await load(jobs[..<middle]).merging(try await load(jobs[middle...])) { first, _ in first }
    }
  }

  // MARK: - Compute

  /// What one computation came to.
  private typealias Computation = (job: Job, result: Result<Computed<Kind.Output>, any Error>)

  private enum Event: Sendable {
    case computed(Job, Result<Computed<Kind.Output>, any Error>)
    case flush
  }

  /// Computes all jobs side by side and finishes what is ready: all at once if they are quick, else every
  /// `flushInterval`, so that no job waits for the slowest of its batch.
  private func compute(_ inputs: [JobID: Result<Kind.Input, JobFailure>], startedAt: Date) async throws {
    try await withThrowingTaskGroup(of: Event.self) { group in
      var waiting = claim.jobs[...]
      var running = 0
      var ready: [Computation] = []
      let limit = kind.definition.concurrency ?? context.compute.width
      let flushInterval = context.settings.flushInterval
      func startNext() {
        guard let job = waiting.popFirst() else { return }
        running += 1
        let input = inputs[job.id]
        group.addTask { .computed(job, await result(of: job, input)) }
      }
      func startTimer() {
        group.addTask {
          try await Task.sleep(for: flushInterval)
          return .flush
        }
      }

      for _ in 0..<min(limit, waiting.count) { startNext() }
      startTimer()
      while running > 0, let event = try await group.next() {
        switch event {
        case .computed(let job, let result):
          running -= 1
          ready.append((job, result))
          startNext()
        case .flush:
          if !ready.isEmpty {
            try await finish(ready, startedAt: startedAt)
            ready.removeAll()
          }
          startTimer()
        }
      }
      group.cancelAll()
      await reached(.computed)
      try await finish(ready, startedAt: startedAt)
    }
  }

  /// One job's computation, on the compute threads, cancellable by the job's id.
  private func result(
    of job: Job, _ input: Result<Kind.Input, JobFailure>?
  ) async -> Result<Computed<Kind.Output>, any Error> {
    switch input {
    case nil: return .failure(JobFailure("no input: load did not answer for this job"))
    case .failure(let failure): return .failure(failure)
    case .success(let input):
      return await compute(input, for: job)
    }
  }

  private func compute(_ input: Kind.Input, for job: Job) async -> Result<Computed<Kind.Output>, any Error> {
    let now = ContinuousClock.now
    let untilDeadline = job.deadline.map { Duration.seconds($0.timeIntervalSince(serverTimeNow())) }
    if let untilDeadline, untilDeadline <= .zero { return .success(.discard(Self.deadlinePassed)) }
    let inFlight = context.inFlight
    let task = Task(executorPreference: context.compute) {
      try await JobProgress.$sink.withValue({ inFlight.report($0, of: job) }) {
        try await kind.compute(input, for: job)
      }
    }
    inFlight.began(
      job, timesOut: now + kind.definition.timeout, deadline: untilDeadline.map { now + $0 }, cancel: { task.cancel() })
    defer { inFlight.computed(job) }
    return await task.result
  }

  private static var deadlinePassed: String { "its deadline passed" }

  // MARK: - Finish

  /// Stores outputs and ends attempts, all in one transaction; tries again until the outcome is known.
  private func finish(_ computations: [Computation], startedAt: Date) async throws {
    guard !computations.isEmpty else { return }
    var endings: [JobQueue.Ending] = []
    var outputs: [JobID: Kind.Output] = [:]
    for (job, result) in computations {
      let outcome: JobQueue.Outcome
      switch result {
      case .success(.store(let output)):
        outcome = .completed
        outputs[job.id] = output
      case .success(.unchanged): outcome = .unchanged
      case .success(.snooze(let pause)): outcome = .snooze(pause)
      case .success(.cancel(let reason)): outcome = .cancelled(message: reason)
      case .success(.discard(let reason)): outcome = .discarded(message: reason)
      case .failure(let error): outcome = self.outcome(of: job, failedWith: error)
      }
      endings.append(JobQueue.Ending(job: job, outcome: outcome, startedAt: startedAt))
    }
    try await Finisher(kind: kind, token: claim.token, context: context).finish(endings, outputs: outputs)
  }

  /// Retry or discard, by the kind's budget; a cancelled computation ends as its canceller meant.
  private func outcome(of job: Job, failedWith error: any Error) -> JobQueue.Outcome {
    switch context.inFlight.reason(for: job) {
    case .requested: return .cancelled(message: "cancelled while running")
    case .timedOut:
      let failure = JobFailure("timed out after \(kind.definition.timeout.seconds) s")
      return .failed(job, failure, definition: kind.definition)
    case .deadlinePassed: return .discarded(message: Self.deadlinePassed)
    case .draining where error is CancellationError: return .handedBack
    default: break
    }
    return .failed(job, error, definition: kind.definition)
  }

  // MARK: - Small things

  private func reached(_ moment: Moment) async {
    await context.moments.reached(moment, claim.jobs.map(\.id))
  }

  /// The server's clock at this moment: its time at the claim plus what has passed here since.
  private func serverTimeNow() -> Date {
    let claimedAt = claim.jobs.map(\.claimedAt).max() ?? Date()
    return claimedAt.addingTimeInterval((ContinuousClock.now - claimTime.received).seconds)
  }

  private var jobRange: Logger.MetadataValue {
    "\(claim.jobs.first?.id ?? 0)…\(claim.jobs.last?.id ?? 0) (\(claim.jobs.count))"
  }
}

extension JobQueue.Outcome {
  /// What an error makes of an attempt: try again later while the budget lasts.
  static func failed(_ job: Job, _ error: any Error, definition: KindDefinition) -> JobQueue.Outcome {
    let message = "\(error)"
    if (error as? JobFailure)?.isPermanent == true || job.errorsIncludingThis >= job.maxAttempts {
      return .discarded(message: message)
    }
    let delay = Backoff.delay(
      base: definition.backoffBase, errors: job.errorsIncludingThis, spread: .random(in: -1...1))
    return .retry(after: delay, message: message)
  }
}

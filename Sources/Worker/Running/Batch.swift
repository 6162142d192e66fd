import FoundationEssentials
import Logging
import Postgres
import Queue
import Telemetry

/// The way of one claim's jobs: load → compute → store and finish.
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
      await hit(.claimed)
      let startedAt = serverTimeNow()
      let inputs = try await load()
      await hit(.loaded)
      try await compute(inputs, startedAt: startedAt)
    } catch {
      var values: TelemetryValues = [.kind: "\(claim.jobs[0].kind)", .jobRange: jobRange]
      if context.lease.state() == .lost {
        context.logger.emit(.resultsRefusedLeaseLost, values)
      } else {
        values[.error] = "\(error)"
        context.logger.emit(.batchAbandoned, values)
      }
    }
  }

  // MARK: - Load

  /// Reads the inputs of all jobs in one read-only snapshot, which ends here.
  /// - Throws: `PostgresError` when the database stays away, `LeaseLost`: that is no job's fault.
  private func load() async throws -> [JobID: Result<Kind.Input, JobFailure>] {
    try await load(claim.jobs[...])
  }

  /// How often the same jobs are loaded again after a connection was lost under them: a server restarts once under a
  /// statement and then refuses connections, a statement that brings its session down does so each time.
  private var lossLimit: Int { 2 }

  /// When reading fails, halves the batch until the job that cannot be read stands alone.
  private func load(_ jobs: ArraySlice<Job>) async throws -> [JobID: Result<Kind.Input, JobFailure>] {
    var backoff = ReconnectBackoff()
    var losses = 0
    while true {
      do {
        return try await read(jobs)
      } catch let error as PostgresError where error.isConnectionLoss && losses < lossLimit {
        if error.kind != .connectFailed { losses += 1 }
        await backoff.pause(context.logger, .loadRetried, error)
        try Task.checkCancellation()
        try await context.lease.untilHeld(margin: .zero)
      } catch {
        try Task.checkCancellation()
        if error is LeaseLost { throw error }
        guard jobs.count > 1 else {
          return [jobs[jobs.startIndex].id: .failure(JobFailure("cannot load: \(error)"))]
        }
        let middle = jobs.startIndex + jobs.count / 2
        return try await load(jobs[..<middle]).merging(try await load(jobs[middle...])) { first, _ in first }
      }
    }
  }

  private func read(_ jobs: ArraySlice<Job>) async throws -> [JobID: Result<Kind.Input, JobFailure>] {
    try await context.pool.withConnection { connection in
      guard kind.definition.readsDatabase else { return try await kind.load(Array(jobs), on: connection) }
      return try await connection.transaction(readOnly: true, isolation: .repeatableRead) { connection in
        try await kind.load(Array(jobs), on: connection)
      }
    }
  }

  // MARK: - Compute

  private enum Event: Sendable {
    case loopEnded, tick
  }

  /// While computations wait, their number grows this often.
  private var growthInterval: Duration { .milliseconds(3) }

  /// Computes all jobs side by side and finishes what is ready: all at once if they are quick, else every
  /// `flushInterval`, so that no job waits for the slowest of its batch.
  private func compute(_ inputs: [JobID: Result<Kind.Input, JobFailure>], startedAt: Date) async throws {
    let computation = Computation(claim.jobs, of: kind, inputs: inputs, context: context) { job in
      job.deadline.map { .seconds($0.timeIntervalSince(serverTimeNow())) }
    }
    try await withThrowingTaskGroup(of: Event.self) { group in
      var running = 0
      var isGrowing = true
      var flushedAt = ContinuousClock.now
      func startLoops() {
        let tasks = computation.startMore()
        isGrowing = !tasks.isEmpty
        running += tasks.count
        for task in tasks {
          group.addTask {
            await task.value
            return .loopEnded
          }
        }
      }
      func startTimer() {
        let interval = isGrowing ? growthInterval : context.settings.flushInterval
        group.addTask {
          try await Task.sleep(for: interval)
          return .tick
        }
      }

      startLoops()
      startTimer()
      while running > 0, let event = try await group.next() {
        switch event {
        case .loopEnded:
          running -= 1
          // It was cancelled for the sake of one job: the others go on.
          if running == 0 { startLoops() }
        case .tick:
          startLoops()
          startTimer()
          guard flushedAt + context.settings.flushInterval <= .now else { continue }
          flushedAt = .now
          try await finish(computation.takeReady(), startedAt: startedAt)
        }
      }
      group.cancelAll()
      await hit(.computed)
      try await finish(computation.takeReady(), startedAt: startedAt)
    }
  }

  // MARK: - Finish

  /// Stores outputs and ends attempts, all in one transaction; tries again until the outcome is known.
  private func finish(
    _ computations: [(job: Job, result: Computation<Kind>.Outcome)], startedAt: Date
  ) async throws {
    guard !computations.isEmpty else { return }
    var endings: [JobQueue.Ending] = []
    endings.reserveCapacity(computations.count)
    var outputs: [JobID: Kind.Output] = [:]
    outputs.reserveCapacity(computations.count)
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
    case .deadlinePassed: return .discarded(message: deadlinePassed)
    case .draining where error is CancellationError: return .requeued
    default: break
    }
    return .failed(job, error, definition: kind.definition)
  }

  // MARK: - Small things

  private func hit(_ failpoint: Failpoint) async {
    await context.failpoints.hit(failpoint, claim.jobs.map(\.id))
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
  /// An attempt that ended in an error is tried again later while the budget lasts.
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

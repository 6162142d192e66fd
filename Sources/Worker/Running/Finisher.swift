import FoundationEssentials
import Logging
import Postgres
import Queue
import Telemetry

/// Stores outputs and ends attempts in one transaction, and finds out what became of it whatever happens to the
/// connection: a result is written exactly once, by the newest attempt, or not at all.
struct Finisher<Kind: JobKind>: Sendable {
  let kind: Kind
  let token: UUID
  let context: WorkerContext

  /// - Throws: `LeaseLost` when the jobs are no longer this worker's; nothing of theirs was stored.
  func finish(_ endings: [JobQueue.Ending], outputs: [JobID: Kind.Output]) async throws {
    var open = endings
    var planner = FinishPlanner()
    var backoff = ReconnectBackoff()
    while !open.isEmpty {
      // Never start to store what may be another attempt's before it is stored. The fence would refuse it anyway.
      try await context.lease.untilHeld(margin: context.settings.heartbeat)
      do {
        if planner.mayBeCommitted {
          let final = try await alreadyFinal(open)
          report(open.filter { final.contains($0.job.id) }, accepted: final, mayBeCommitted: true)
          open.removeAll { final.contains($0.job.id) }
          guard !open.isEmpty else { return }
        }
        let accepted = try await attempt(open, outputs: outputs)
        report(open, accepted: accepted, mayBeCommitted: planner.mayBeCommitted)
        return
      } catch {
        switch planner.decide(after: error, endings: open[...], storesOutput: outputs[open[0].job.id] != nil) {
        case .tryAgain: await backoff.pause(context.logger, .storeRetried, error)
        case let decision:
          // A worker that is being ended says nothing about the jobs.
          try Task.checkCancellation()
          return try await settle(open, outputs: outputs, decision, error)
        }
      }
    }
  }

  /// One transaction: finish first, so that only accepted results are stored.
  private func attempt(
    _ endings: [JobQueue.Ending], outputs: [JobID: Kind.Output]
  ) async throws -> Set<JobID> {
    let finish = context.worker.finish(endings, token: token, idleLimit: context.settings.lease)
    let jobs = endings.map(\.job.id)
    await context.failpoints.hit(.finishing, jobs)
    #if FAULT_INJECTION
      if let mutant = context.failpoints.mutant,
        let accepted = try await attempt(endings, outputs: outputs, as: mutant)
      {
        return accepted
      }
    #endif
    guard !outputs.isEmpty else {
      return try await context.pool.withConnection { connection in try await finish.run(on: connection) }
    }
    return try await context.pool.withConnection { connection in
      let accepted = try await connection.transaction { connection in
        let accepted = try await finish.run(on: connection)
        await context.failpoints.hit(.fenced, jobs)
        var stored: [(job: Job, output: Kind.Output)] = []
        stored.reserveCapacity(outputs.count)
        for ending in endings where accepted.contains(ending.job.id) {
          if let output = outputs[ending.job.id] { stored.append((ending.job, output)) }
        }
        if !stored.isEmpty { try await kind.store(stored, on: connection) }
        await context.failpoints.hit(.stored, jobs)
        return accepted
      }
      await context.failpoints.hit(.committed, jobs)
      return accepted
    }
  }

  /// Ends jobs in another way than they should have ended.
  private func settle(
    _ endings: [JobQueue.Ending], outputs: [JobID: Kind.Output], _ decision: FinishPlanner.Decision,
    _ error: any Error
  ) async throws {
    switch decision {
    case .split:
      let middle = endings.count / 2
      var failure: (any Error)?
      for half in [Array(endings[..<middle]), Array(endings[middle...])] {
        do {
          try await finish(half, outputs: outputs.filter { id, _ in half.contains { $0.job.id == id } })
        } catch {
          // The other half is not to blame.
          failure = error
        }
      }
      if let failure { throw failure }
    case .failAlone:
      let failure = JobFailure("cannot store: \(error)")
      try await end(endings[0], as: .failed(endings[0].job, failure, definition: kind.definition))
    case .discardAlone: try await end(endings[0], as: .discarded(message: "cannot end as it should: \(error)"))
    case .giveUp, .tryAgain: throw error
    }
  }

  private func end(_ ending: JobQueue.Ending, as outcome: JobQueue.Outcome) async throws {
    try await finish(
      [JobQueue.Ending(job: ending.job, outcome: outcome, startedAt: ending.startedAt)], outputs: [:])
  }

  private func alreadyFinal(_ endings: [JobQueue.Ending]) async throws -> Set<JobID> {
    try await context.pool.withConnection { connection in
      try await JobQueue.alreadyFinal(endings.map(\.job.id), token: token, on: connection)
    }
  }

  // MARK: - Log

  /// Batches above this size are logged as one line; `debug` logs every job.
  private var jobLineLimit: Int { 20 }

  private func report(_ endings: [JobQueue.Ending], accepted: Set<JobID>, mayBeCommitted: Bool) {
    guard !endings.isEmpty else { return }
    let refused = endings.filter { !accepted.contains($0.job.id) }
    if !refused.isEmpty {
      context.logger.emit(
        mayBeCommitted ? .resultsEndedBefore : .resultsRefused,
        [.kind: "\(kind.definition.name)", .jobIDs: .list(refused.map(\.job.id))])
    }
    context.inFlight.remove(endings.map(\.job))
    let isBrief = endings.count > jobLineLimit
    for ending in endings where accepted.contains(ending.job.id) {
      let event = ending.outcome.event
      context.logger.emit(event, level: isBrief && event.isInBatchLine ? .debug : nil, ending.values)
    }
    if isBrief {
      context.logger.emit(
        .batchFinished,
        [
          .kind: "\(kind.definition.name)", .jobCount: "\(accepted.count)", .firstJob: "\(endings[0].job.id)",
          .lastJob: "\(endings[endings.count - 1].job.id)", .latency: "\(endings[0].latencyMilliseconds)",
        ])
    }
  }
}

extension JobQueue.Ending {
  /// From the job's due time to its end, on this process's clock; for people.
  fileprivate var latencyMilliseconds: String {
    let milliseconds = Date().timeIntervalSince(job.runAt) * 1000
    return String((milliseconds * 10).rounded() / 10)
  }

  fileprivate var values: TelemetryValues {
    var values: TelemetryValues = [
      .job: "\(job.id)", .kind: "\(job.kind)", .attempt: "\(job.attempt)", .latency: "\(latencyMilliseconds)",
    ]
    if let twin = job.twinID { values[.twin] = "\(twin.uuidString.lowercased())" }
    if let schedule = job.schedule { values[.schedule] = "\(schedule)" }
    switch outcome {
    case .discarded(let message), .cancelled(let message): values[.error] = "\(message)"
    case .retry(let delay, let message):
      values[.error] = "\(message)"
      values[.retryIn] = "\((delay.seconds * 10).rounded() / 10)"
    default: break
    }
    return values
  }
}

extension JobQueue.Outcome {
  fileprivate var event: TelemetryEvent {
    switch self {
    case .completed: .jobCompleted
    case .unchanged: .jobUnchanged
    case .discarded: .jobDiscarded
    case .cancelled: .jobCancelled
    case .retry: .jobFailed
    case .snooze: .jobSnoozed
    case .requeued: .jobRequeued
    }
  }
}

extension TelemetryEvent {
  /// Whether the one line of a big batch tells of it, too.
  fileprivate var isInBatchLine: Bool { definition.otherLevel == .inBigBatch }
}

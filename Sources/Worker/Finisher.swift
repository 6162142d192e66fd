import FoundationEssentials
import Logging
import Postgres
import Queue

/// Stores outputs and ends attempts in one transaction, and finds out what became of it whatever happens to the
/// connection: a result is written exactly once, by the newest attempt, or not at all.
struct Finisher<Kind: JobKind>: Sendable {
  let kind: Kind
  let token: UUID
  let context: WorkerContext

  /// How often the same transaction is tried before its jobs are looked at one by one.
  private var tryLimit: Int { 5 }

  /// - Throws: `LeaseLost` when the jobs are no longer this worker's; nothing of theirs was stored.
  func finish(_ endings: [JobQueue.Ending], outputs: [JobID: Kind.Output]) async throws {
    var open = endings
    var backoff = ReconnectBackoff()
    var tries = 0
    var wasUnknown = false
    while true {
      // Never start to store what may be somebody else's before it is stored. The fence would refuse it anyway.
      try await context.lease.untilHeld(margin: context.settings.heartbeat)
      do {
        if wasUnknown {
          let final = try await alreadyFinal(open)
          report(open.filter { final.contains($0.job.id) }, ours: final, wasUnknown: true)
          open.removeAll { final.contains($0.job.id) }
        }
        guard !open.isEmpty else { return }
        let ours = try await attempt(open, outputs: outputs)
        report(open, ours: ours, wasUnknown: wasUnknown)
        return
      } catch let error as PostgresError where error.mayPass && (error.isNobodysFault || tries < tryLimit) {
        // A restarting server fails once under a transaction and then refuses connections: that counts once. A
        // transaction that brings its own connection down counts each time.
        if !error.isNobodysFault { tries += 1 }
        wasUnknown = wasUnknown || error.isConnectionLoss || error.kind == .deadlineExceeded
        await backoff.pause(context.logger, "storing is tried again", error)
      } catch {
        // A worker that is being ended says nothing about the jobs.
        try Task.checkCancellation()
        try await isolate(open, outputs: outputs, error)
        return
      }
    }
  }

  /// One transaction: finish first, so that only what is still ours is stored.
  private func attempt(
    _ endings: [JobQueue.Ending], outputs: [JobID: Kind.Output]
  ) async throws -> Set<JobID> {
    let finishing = context.queue.finish(endings, token: token, idleLimit: context.settings.lease)
    await context.moments.reached(.finishing, endings.map(\.job.id))
    if let mutant = context.mutant, let ours = try await attempt(endings, outputs: outputs, as: mutant) { return ours }
    guard !outputs.isEmpty else {
      return try await context.pool.withConnection { connection in
        try JobQueue.stillOurs(try await connection.pipeline(finishing))
      }
    }
    return try await context.pool.withConnection { connection in
      let ours = try await connection.transaction { connection in
        let ours = try JobQueue.stillOurs(try await connection.pipeline(finishing))
        await context.moments.reached(.fenced, endings.map(\.job.id))
        var stored: [(job: Job, output: Kind.Output)] = []
        stored.reserveCapacity(outputs.count)
        for ending in endings where ours.contains(ending.job.id) {
          if let output = outputs[ending.job.id] { stored.append((ending.job, output)) }
        }
        if !stored.isEmpty { try await kind.store(stored, on: connection) }
        await context.moments.reached(.stored, endings.map(\.job.id))
        return ours
      }
      await context.moments.reached(.committed, endings.map(\.job.id))
      return ours
    }
  }

  /// An error in `store`: halve the batch until the bad job stands alone, and let that one fail.
  private func isolate(
    _ endings: [JobQueue.Ending], outputs: [JobID: Kind.Output], _ error: any Error
  ) async throws {
    if endings.count > 1 {
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
    } else if let ending = endings.first, let next = outcome(of: ending, outputs, error) {
      let instead = JobQueue.Ending(job: ending.job, outcome: next, startedAt: ending.startedAt)
      try await finish([instead], outputs: [:])
    } else {
      throw error
    }
  }

  /// What becomes of a lone job that cannot be ended as it should: it fails, then it is discarded; nil: not even that.
  private func outcome(
    of ending: JobQueue.Ending, _ outputs: [JobID: Kind.Output], _ error: any Error
  ) -> JobQueue.Outcome? {
    if outputs[ending.job.id] != nil {
      return .failed(ending.job, JobFailure("cannot store: \(error)"), definition: kind.definition)
    }
    if case .discarded = ending.outcome { return nil }
    return .discarded(message: "cannot end as it should: \(error)")
  }

  private func alreadyFinal(_ endings: [JobQueue.Ending]) async throws -> Set<JobID> {
    try await context.pool.withConnection { connection in
      try await context.queue.alreadyFinal(endings.map(\.job.id), token: token, on: connection)
    }
  }

  // MARK: - Log

  /// Batches above this size are logged as one line; `debug` logs every job.
  private var jobLineLimit: Int { 20 }

  private func report(_ endings: [JobQueue.Ending], ours: Set<JobID>, wasUnknown: Bool) {
    guard !endings.isEmpty else { return }
    let refused = endings.filter { !ours.contains($0.job.id) }
    if !refused.isEmpty {
      context.logger.warning(
        wasUnknown
          ? "jobs were ended before the connection was lost, or belong to another attempt"
          : "results refused: the jobs belong to another attempt",
        metadata: ["kind": "\(kind.definition.name)", "jobs": "\(refused.map(\.job.id))"])
    }
    context.inFlight.remove(endings.map(\.job))
    let isBrief = endings.count > jobLineLimit
    for ending in endings where ours.contains(ending.job.id) {
      let level = ending.outcome.logLevel(isBrief: isBrief)
      guard level >= context.logger.logLevel else { continue }
      context.logger.log(level: level, "\(ending.outcome.sentence)", metadata: ending.metadata)
    }
    if isBrief {
      context.logger.info(
        "batch finished",
        metadata: [
          "kind": "\(kind.definition.name)", "jobs": "\(ours.count)", "first_job": "\(endings[0].job.id)",
          "last_job": "\(endings[endings.count - 1].job.id)", "latency_ms": "\(endings[0].latencyMilliseconds)",
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

  fileprivate var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = [
      "job": "\(job.id)", "kind": "\(job.kind)", "attempt": "\(job.attempt)", "latency_ms": "\(latencyMilliseconds)",
    ]
    if let twin = job.twinID { metadata["twin"] = "\(twin.uuidString.lowercased())" }
    if let schedule = job.schedule { metadata["schedule"] = "\(schedule)" }
    switch outcome {
    case .discarded(let message), .cancelled(let message): metadata["error"] = "\(message)"
    case .retry(let delay, let message):
      metadata["error"] = "\(message)"
      metadata["retry_in_s"] = "\((delay.seconds * 10).rounded() / 10)"
    default: break
    }
    return metadata
  }
}

extension JobQueue.Outcome {
  fileprivate func logLevel(isBrief: Bool) -> Logger.Level {
    switch self {
    case .completed, .unchanged, .snooze, .handedBack: isBrief ? .debug : .info
    case .cancelled: .info
    case .retry: .warning
    case .discarded: .error
    }
  }

  fileprivate var sentence: String {
    switch self {
    case .completed: "job completed"
    case .unchanged: "job completed, unchanged"
    case .discarded: "job discarded"
    case .cancelled: "job cancelled"
    case .retry: "job failed, will be tried again"
    case .snooze: "job snoozed"
    case .handedBack: "job handed back"
    }
  }
}

extension PostgresError {
  /// Whether the same transaction may succeed later without anybody doing anything to it: lost connection, deadline,
  /// serialization failure, deadlock, disk full, out of memory, too many connections, lock or statement timeout.
  fileprivate var mayPass: Bool {
    isConnectionLoss || kind == .deadlineExceeded || isRetryable || sqlstate?.hasPrefix("53") == true
      || sqlstate == "55P03" || sqlstate == "57014"
  }

  /// Whether no transaction at all can succeed now, so that no job is to blame: no connection to be had, disk full.
  fileprivate var isNobodysFault: Bool {
    kind == .connectFailed || sqlstate == "53100" || sqlstate == "53300"
  }
}

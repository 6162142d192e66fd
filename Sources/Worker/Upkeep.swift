import Logging
import Postgres
import Queue

/// What every worker does for the whole queue: return the jobs of the dead, keep the history's partitions.
/// Never a job itself: a queue that is stuck must still be rescued.
struct Upkeep: Sendable {
  let context: WorkerContext
  /// Told when jobs came back.
  let wakeUp: WakeUp

  /// Between two looks at partitions and orphans.
  private var slowInterval: Duration { .seconds(600) }

  /// Works until cancelled.
  func run() async throws {
    var watch = RescueWatch()
    var backoff = ReconnectBackoff()
    var slowWorkDue = ContinuousClock.now
    var orphansDue = ContinuousClock.now
    var tendsNow = true
    while !Task.isCancelled {
      do {
        let beats = try await context.pool.withConnection { try await context.queue.beats(on: $0) }
        let suspects = watch.observe(beats, at: .now)
        let isFullRound = orphansDue <= .now
        if isFullRound || !suspects.isEmpty { try await rescue(suspects) }
        if isFullRound {
          try await returnStrays()
          orphansDue = .now + context.settings.lease / 3
        }
        if tendsNow {
          do {
            try await tend()
          } catch let error as PostgresError where !error.isConnectionLoss {
            // Nor must this keep anybody from being rescued: what was seen of the others stays seen.
            context.logger.error("waiting jobs not tended", metadata: ["error": "\(error)"])
          }
        }
        tendsNow.toggle()
        _ = backoff.succeeded()
      } catch let error as PostgresError {
        watch.interrupted()
        await backoff.pause(context.logger, "upkeep waits for the database", error)
        continue
      }
      if slowWorkDue <= .now {
        slowWorkDue = .now + slowInterval
        // What goes wrong here must never keep anybody from being rescued.
        do {
          try await keepHistory()
        } catch {
          context.logger.error("history not kept, partitions may be missing", metadata: ["error": "\(error)"])
        }
      }
      // Two looks a heartbeat: a last beat that is seen late is a death that is noticed late.
      try await Task.sleep(for: context.settings.heartbeat / 2)
    }
  }

  /// Deadlines, cancellations and concurrency keys of jobs that wait; the tenants' shares; progress.
  private func tend() async throws {
    let done = try await context.onConnection { connection async throws(PostgresError) in
      try await context.queue.tend(on: connection)
    }
    for (action, jobs) in done {
      context.logger.info("waiting jobs: \(action)", metadata: ["jobs": "\(jobs)"])
    }
    if done.contains(where: { $0.action == "key free" }) { wakeUp.signal() }
    try await share()
    let progress = context.inFlight.takeProgress()
    guard !progress.isEmpty else { return }
    try await context.onConnection { connection async throws(PostgresError) in
      try await context.queue.report(progress, on: connection)
    }
  }

  private func share() async throws {
    let used = context.shares.take()
    do {
      let told = try await context.onConnection { connection async throws(PostgresError) in
        try await context.queue.share(used, on: connection)
      }
      context.shares.heard(told)
    } catch {
      context.shares.giveBack(used)
      // Somebody has weighed a tenant and not committed: told with the next beat.
      guard error.sqlstate == "55P03" else { throw error }
    }
  }

  /// Jobs that this worker owns without knowing: the answer of their claim was lost, or their batch was abandoned.
  private func returnStrays() async throws {
    let strays = try await context.pool.withConnection { connection in
      try await context.queue.returnStrays(on: connection) { context.inFlight.claims }
    }
    guard !strays.isEmpty else { return }
    context.logger.warning("stray jobs handed back", metadata: ["jobs": "\(strays)"])
    wakeUp.signal()
  }

  private func rescue(_ suspects: [JobQueue.Beat]) async throws {
    if context.mutant == .rescueByID, !suspects.isEmpty { return try await rescueByID(suspects) }
    if !suspects.isEmpty { await context.moments.reached(.rescuing, []) }
    let rescued = try await context.pool.withConnection { try await context.queue.rescue(suspects, on: $0) }
    guard !rescued.isEmpty else { return }
    let discarded = rescued.filter { $0.outcome == "discarded" }.map(\.job)
    context.logger.warning(
      "jobs of dead workers returned",
      metadata: [
        "workers": "\(suspects.map { $0.worker.uuidString.lowercased() })",
        "jobs": "\(rescued.count)", "quarantined": "\(discarded)",
      ])
    wakeUp.signal()
  }

  private func keepHistory() async throws {
    let changes = try await context.pool.withConnection {
      try await context.queue.upkeep(retention: context.settings.retention, on: $0)
    }
    for change in changes {
      context.logger.info("history partition \(change.action)", metadata: ["partition": "\(change.partition)"])
    }
  }
}

import Postgres
import Queue
import Telemetry

/// The work of every worker for the whole queue: rescue the jobs of dead workers, keep the history's partitions.
/// Never a job itself: a queue that is stuck must still be rescued.
struct Maintenance: Sendable {
  let context: WorkerContext
  /// Told when jobs are back in the queue.
  let wakeUp: WakeUp

  /// Between two looks at partitions and orphans.
  private var slowInterval: Duration { .seconds(600) }

  /// Works until cancelled.
  func run() async throws {
    var watch = RescueWatch()
    var backoff = ReconnectBackoff()
    var slowWorkDue = ContinuousClock.now
    var orphansDue = ContinuousClock.now
    var maintainsWaiting = true
    while !Task.isCancelled {
      do {
        let heartbeats = try await context.pool.withConnection { try await context.worker.heartbeatsOfOthers(on: $0) }
        let suspects = watch.observe(heartbeats, at: .now)
        let isFullRound = orphansDue <= .now
        if isFullRound || !suspects.isEmpty { try await rescue(suspects) }
        if isFullRound {
          try await requeueOrphans()
          orphansDue = .now + context.settings.lease / 3
        }
        if maintainsWaiting {
          do {
            try await maintainWaiting()
          } catch let error as PostgresError where !error.isConnectionLoss {
            // Nor must this keep any job from being rescued: what was seen of the other workers stays seen.
            context.logger.emit(.waitingJobsNotMaintained, [.error: "\(error)"])
          }
        }
        maintainsWaiting.toggle()
        _ = backoff.succeeded()
      } catch let error as PostgresError {
        watch.interrupted()
        await backoff.pause(context.logger, .maintenanceWaits, error)
        continue
      }
      if slowWorkDue <= .now {
        slowWorkDue = .now + slowInterval
        // An error here must never keep any job from being rescued.
        do {
          try await maintainHistory()
        } catch {
          context.logger.emit(.historyNotMaintained, [.error: "\(error)"])
        }
      }
      // Two looks a heartbeat: a last heartbeat that is seen late is a death that is noticed late.
      try await Task.sleep(for: context.settings.heartbeat / 2)
    }
  }

  /// Deadlines, cancellations and concurrency keys of jobs that wait; the tenants' shares; progress.
  private func maintainWaiting() async throws {
    let done = try await context.onConnection { connection async throws(PostgresError) in
      try await JobQueue.maintainWaiting(on: connection)
    }
    for (action, jobs) in done {
      context.logger.emit(.waitingJobsChanged, [.action: "\(action)", .jobCount: "\(jobs)"])
    }
    if done.contains(where: { $0.action == "key free" }) { wakeUp.signal() }
    try await share()
    let progress = context.inFlight.takeProgress()
    guard !progress.isEmpty else { return }
    try await context.onConnection { connection async throws(PostgresError) in
      try await context.worker.report(progress, on: connection)
    }
  }

  private func share() async throws {
    let used = context.shares.take()
    do {
      let reported = try await context.onConnection { connection async throws(PostgresError) in
        try await JobQueue.share(used, on: connection)
      }
      context.shares.reported(reported)
    } catch {
      context.shares.giveBack(used)
      // A transaction has weighed a tenant and is still open: it is told the next time.
      guard error.sqlstate == "55P03" else { throw error }
    }
  }

  /// Jobs that this worker owns without knowing: the answer of their claim was lost, or their batch was abandoned.
  private func requeueOrphans() async throws {
    let orphans = try await context.pool.withConnection { connection in
      try await context.worker.requeueOrphans(on: connection) { context.inFlight.claims }
    }
    guard !orphans.isEmpty else { return }
    context.logger.emit(.orphansRequeued, [.jobIDs: .list(orphans)])
    wakeUp.signal()
  }

  private func rescue(_ suspects: [JobQueue.Heartbeat]) async throws {
    #if FAULT_INJECTION
      if context.failpoints.mutant == .rescueByID, !suspects.isEmpty { return try await rescueByID(suspects) }
    #endif
    if !suspects.isEmpty { await context.failpoints.hit(.rescuing, []) }
    let rescued = try await context.pool.withConnection { try await JobQueue.rescue(suspects, on: $0) }
    guard !rescued.isEmpty else { return }
    let discarded = rescued.filter { $0.outcome == "discarded" }.map(\.job)
    context.logger.emit(
      .jobsRescued,
      [
        .workers: .list(suspects.map { $0.worker.uuidString.lowercased() }),
        .jobCount: "\(rescued.count)", .quarantined: .list(discarded),
      ])
    wakeUp.signal()
  }

  private func maintainHistory() async throws {
    let changes = try await context.pool.withConnection {
      try await JobQueue.maintainHistory(retention: context.settings.retention, on: $0)
    }
    for change in changes {
      context.logger.emit(
        .historyPartitionChanged, [.action: "\(change.action)", .partition: "\(change.partition)"])
    }
  }
}

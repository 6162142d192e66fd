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
    while !Task.isCancelled {
      do {
        let beats = try await context.pool.withConnection { try await context.queue.beats(on: $0) }
        let suspects = watch.observe(beats, at: .now)
        if !suspects.isEmpty || orphansDue <= .now {
          try await rescue(suspects)
          orphansDue = .now + context.settings.lease
        }
        if slowWorkDue <= .now {
          try await keepHistory()
          slowWorkDue = .now + slowInterval
        }
        _ = backoff.succeeded()
        try await Task.sleep(for: context.settings.heartbeat)
      } catch let error as PostgresError {
        watch.interrupted()
        await backoff.pause(context.logger, "upkeep waits for the database", error)
      }
    }
  }

  private func rescue(_ suspects: [JobQueue.Beat]) async throws {
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

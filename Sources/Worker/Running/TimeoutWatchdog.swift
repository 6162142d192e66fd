import Queue
import Telemetry

/// Cancels computations that run longer than their kind or their job allows. One that does not heed its cancellation
/// holds a thread for good: then the worker stops claiming, requeues the rest and ends, to be started anew.
struct TimeoutWatchdog: Sendable {
  let context: WorkerContext
  /// Stops the claims.
  let stopClaiming: @Sendable () -> Void

  private var interval: Duration { .milliseconds(100) }
  private var grace: Duration { context.settings.grace }

  /// Watches until cancelled.
  /// - Throws: `ComputationStuck`.
  func run() async throws {
    while true {
      try await Task.sleep(for: interval)
      let stuck = context.inFlight.expire(at: .now, grace: grace)
      guard !stuck.isEmpty else { continue }
      context.logger.emit(.computationsStuck, [.jobIDs: .list(stuck.map(\.id))])
      stopClaiming()
      context.inFlight.cancelAll(.draining)
      try await othersEnd()
      throw ComputationStuck(jobs: stuck.map(\.id))
    }
  }

  /// Waits for the jobs that do heed their cancellation to be requeued.
  private func othersEnd() async throws {
    let limit = ContinuousClock.now + grace
    while .now < limit, context.inFlight.count > context.inFlight.expire(at: .now, grace: grace).count {
      try await Task.sleep(for: interval)
    }
  }
}

/// Computations were cancelled and did not heed it.
public struct ComputationStuck: Error, Sendable, CustomStringConvertible {
  let jobs: [JobID]
  /// Which jobs, and what becomes of them.
  public var description: String {
    "jobs \(jobs) ignored their cancellation; they will be returned to the queue as crashed"
  }
}

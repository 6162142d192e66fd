import Queue
import ServiceLifecycle
import Telemetry

extension Worker {
  /// After a graceful shutdown begins: requeues what is still running when the limit is over.
  func limitDrain() async throws {
    try await gracefulShutdown()
    await renewer.drain()
    let patience = min(context.settings.claimPatience, context.settings.drainLimit)
    try await Task.sleep(for: patience)
    queries.cancel()
    try await Task.sleep(for: context.settings.drainLimit - patience)
    context.logger.emit(.drainLimitReached, [.jobCount: "\(context.inFlight.count)"])
    context.inFlight.cancelAll(.draining)
    // A job that ignores its cancellation is rescued as a crash; a worker that waits longer is killed.
    try await Task.sleep(for: context.settings.grace)
    throw DrainFailed(jobs: context.inFlight.count)
  }

  /// A computation that does not heed its cancellation must not keep a worker alive that is to end: its jobs are another
  /// worker's, or will be.
  func endSoon(_ error: any Error) {
    Task.detached { [context, giveUp] in
      try await Task.sleep(for: context.settings.grace)
      context.logger.emit(.jobsLeftRunning, [.error: "\(error)"])
      giveUp()
    }
  }
}

/// Jobs were still running after the drain limit and did not heed their cancellation.
public struct DrainFailed: Error, Sendable, CustomStringConvertible {
  let jobs: Int
  /// How many jobs, and what becomes of them.
  public var description: String {
    "\(jobs) jobs did not stop within the drain limit; they will be returned to the queue as crashed"
  }
}

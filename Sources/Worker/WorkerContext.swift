import Logging
import Postgres
import Queue

/// Shared by all parts of one worker process.
struct WorkerContext: Sendable {
  let settings: WorkerSettings
  let worker: QueueWorker
  /// Connections for claims, batches and maintenance; the heartbeat and the listener have their own.
  let pool: Pool
  let compute: ComputePool
  let lease: SharedLease
  let inFlight: InFlight
  let shares = TenantShares()
  let failpoints: Failpoints
  let logger: Logger
}

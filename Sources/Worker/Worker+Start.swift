import Postgres
import Queue
import Telemetry

extension Worker {
  /// Waits for a server that is not there yet; refuses a database or a login that waiting will not mend.
  func start() async throws {
    var backoff = ReconnectBackoff()
    while true {
      do {
        try await context.pool.withConnection { [self] connection in
          try await migrator.check(connection)
          try await JobQueue.register(kinds: kinds.values.map(\.definition), on: connection)
        }
        try await renewer.register()
        break
      } catch let error as PostgresError where error.mendsWithTime {
        await backoff.pause(context.logger, .startWaits, error)
        try Task.checkCancellation()
      }
    }
    context.logger.emit(
      .workerStarted,
      [
        .queues: "\(context.settings.queues?.joined(separator: ", ") ?? "all")", .kinds: .list(kinds.keys.sorted()),
        .version: "\(BuildInfo.version)", .computeThreads: "\(context.compute.width)",
      ])
  }
}

import Postgres
import Worker

/// The program's settings that concern a benchmark.
package struct BenchSettings: Sendable {
  /// The database; nil: a private server.
  let url: String?
  let worker: WorkerSettings
  let twinsSchema: String
  /// Makes the tables of a new database.
  let migrate: @Sendable (Connection) async throws -> Void

  package init(
    url: String?, worker: WorkerSettings, twinsSchema: String,
    migrate: @escaping @Sendable (Connection) async throws -> Void
  ) {
    self.url = url
    self.worker = worker
    self.twinsSchema = twinsSchema
    self.migrate = migrate
  }
}

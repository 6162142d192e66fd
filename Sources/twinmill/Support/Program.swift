import Domains
import Jobs
import Postgres
import Queue
import Scheduler
import Twins
import Worker

/// What this build is made of: one line per job kind, and the modules that have a part of the database.
enum Program {
  /// Every kind of job this build can run.
  static func kinds(twinsSchema: String, domainSchemas: [String: String] = [:]) throws -> [KindRunner] {
    let catalog = try Domains.catalog(twinsSchema: twinsSchema, domainSchemas: domainSchemas)
    return [
      KindRunner(Prediction(catalog: catalog)),
      KindRunner(Correlation(catalog: catalog)),
      KindRunner(Effect(catalog: catalog)),
      KindRunner(Insight(catalog: catalog)),
      KindRunner(Recommendation(catalog: catalog)),
      KindRunner(Sweep(twinsSchema: twinsSchema)),
      KindRunner(Probe()),
    ]
  }

  /// The database's schema: of the queue, the scheduler, the twins, and of each kind that has one.
  static func migrator(twinsSchema: String) throws -> Migrator {
    let kinds = try kinds(twinsSchema: twinsSchema)
    return Migrator(
      [.queue, .scheduler, .twins] + kinds.compactMap(\.definition.schema), twinsSchema: twinsSchema)
  }

  /// Applies what is missing and tells the database what this build can do.
  /// - Returns: what was done.
  @discardableResult
  static func migrate(
    _ connection: Connection, to target: Int? = nil, replacesNewer: Bool = false, twinsSchema: String
  ) async throws -> Migrator.Changes {
    let changes = try await migrator(twinsSchema: twinsSchema).up(
      connection, to: target, replacesNewer: replacesNewer)
    if target == nil {
      let kinds = try kinds(twinsSchema: twinsSchema).map(\.definition)
      try await JobQueue.register(kinds: kinds, on: connection)
      try await Domains.catalog(twinsSchema: twinsSchema).register(on: connection)
      try await ScheduleEntry.addDefaults(of: kinds, on: connection)
    }
    return changes
  }
}

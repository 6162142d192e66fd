import Domains
import Jobs
import Postgres
import Queue
import Scheduler
import Twins
import Worker

/// What this build is made of: one registration line per job kind and per module with migrations.
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

  /// The database's schema, step by step.
  static func migrator(twinsSchema: String) -> Migrator {
    Migrator(
      QueueMigrations.all + SchedulerMigrations.all + TwinsMigrations.all, twinsSchema: twinsSchema)
  }

  /// Applies what is missing and tells the database what this build can do.
  /// - Returns: the steps taken.
  @discardableResult
  static func migrate(
    _ connection: Connection, to target: Int? = nil, twinsSchema: String
  ) async throws -> [Migration] {
    let taken = try await migrator(twinsSchema: twinsSchema).up(connection, to: target)
    if target == nil {
      try await JobQueue.register(kinds: try kinds(twinsSchema: twinsSchema).map(\.definition), on: connection)
      try await Domains.catalog(twinsSchema: twinsSchema).register(on: connection)
    }
    // New data is found and computed without anybody's doing; whoever does not want that removes the schedule.
    if taken.contains(where: { $0.name == "schedules" }), target == nil {
      _ = try await connection.query("SELECT twinmill.schedule('sweep', '* * * * *', 'sweep')")
    }
    return taken
  }
}

import Domains
import Jobs
import Queue
import Scheduler
import Twins
import Worker

/// What this build is made of: one registration line per job kind and per module with migrations.
enum Program {
  /// Every kind of job this build can run.
  static func kinds(twinsSchema: String) -> [KindRunner] {
    [
      KindRunner(Probe()),
      KindRunner(Prediction(catalog: .standard, twinsSchema: twinsSchema)),
      KindRunner(Sweep()),
    ]
  }

  /// The database's schema, step by step.
  static func migrator(twinsSchema: String) -> Migrator {
    Migrator(
      QueueMigrations.all + SchedulerMigrations.all + TwinsMigrations.all, twinsSchema: twinsSchema)
  }
}

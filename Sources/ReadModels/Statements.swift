import Postgres

/// The statements of the read side: none of them writes.
enum Statements {
  static let listJobs = Statement("list_jobs", Embedded.SQL.Statements.list_jobs)
  static let jobFields = Statement("job_fields", Embedded.SQL.Statements.job_fields)
  static let finalError = Statement("final_error", Embedded.SQL.Statements.final_error)
  static let queueUse = Statement("queue_use", Embedded.SQL.Statements.queue_use)
  static let listSchedules = Statement("list_schedules", Embedded.SQL.Statements.list_schedules)

  static func countTwins(schema: String) -> Statement {
    Statement("count_twins", Embedded.SQL.Statements.count_twins, schemas: ["twins": schema])
  }

  static func findTwin(schema: String) -> Statement {
    Statement("find_twin", Embedded.SQL.Statements.find_twin, schemas: ["twins": schema])
  }
}

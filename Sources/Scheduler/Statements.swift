import Postgres

/// The scheduler's statements, by the names of their files.
enum Statements {
  static let peek = Statement("peek_schedules", Embedded.Statements.peek_schedules)
  static let due = Statement("due_schedules", Embedded.Statements.due_schedules)
  static let unfinishedJobs = Statement("unfinished_jobs", Embedded.Statements.unfinished_jobs)
  static let applyTick = Statement("apply_tick", Embedded.Statements.apply_tick)
  static let failSchedule = Statement("fail_schedule", Embedded.Statements.fail_schedule)
  static let pruneTicks = Statement("prune_ticks", Embedded.Statements.prune_ticks)
  static let listSchedules = Statement("list_schedules", Embedded.Statements.list_schedules)
  static let putSchedule = Statement("put_schedule", Embedded.Statements.put_schedule)
}

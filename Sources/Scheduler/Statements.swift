import Postgres

/// The scheduler's statements, by the names of their files.
enum Statements {
  static let peek = Statement("peek_schedules", PackageResources.peek_schedules_sql)
  static let due = Statement("due_schedules", PackageResources.due_schedules_sql)
  static let unfinishedJobs = Statement("unfinished_jobs", PackageResources.unfinished_jobs_sql)
  static let applyTick = Statement("apply_tick", PackageResources.apply_tick_sql)
  static let failSchedule = Statement("fail_schedule", PackageResources.fail_schedule_sql)
  static let pruneTicks = Statement("prune_ticks", PackageResources.prune_ticks_sql)
  static let listSchedules = Statement("list_schedules", PackageResources.list_schedules_sql)
  static let putSchedule = Statement("put_schedule", PackageResources.put_schedule_sql)
}

import Postgres

/// The scheduler's statements, by the names of their files.
enum Statements {
  static let peek = Statement("peek_schedules", Embedded.SQL.Statements.peek_schedules)
  static let due = Statement("due_schedules", Embedded.SQL.Statements.due_schedules)
  static let unfinishedJobs = Statement("unfinished_jobs", Embedded.SQL.Statements.unfinished_jobs)
  static let zoneOffsets = Statement("zone_offsets", Embedded.SQL.Statements.zone_offsets)
  static let applyTicks = Statement("apply_ticks", Embedded.SQL.Statements.apply_ticks)
  static let applyTick = Statement("apply_tick", Embedded.SQL.Statements.apply_tick)
  static let failSchedule = Statement("fail_schedule", Embedded.SQL.Statements.fail_schedule)
  static let pruneTicks = Statement("prune_ticks", Embedded.SQL.Statements.prune_ticks)
  static let defaultSchedule = Statement("default_schedule", Embedded.SQL.Statements.default_schedule)
  static let putSchedule = Statement("put_schedule", Embedded.SQL.Statements.put_schedule)
}

import Queue

/// The scheduler's part of the database's schema. What it does is in ``SchedulerService``; what people edit is in
/// ``ScheduleEntry``.
public enum Scheduler {
  /// Migrations 0010 … 0012, to be applied after the queue's.
  public static let migrations: [Migration] = [
    Migration(10, "cron", up: PackageResources._0010_cron_up_sql, down: PackageResources._0010_cron_down_sql),
    Migration(
      11, "schedules", up: PackageResources._0011_schedules_up_sql, down: PackageResources._0011_schedules_down_sql),
    Migration(12, "ticks", up: PackageResources._0012_ticks_up_sql, down: PackageResources._0012_ticks_down_sql),
  ]
}

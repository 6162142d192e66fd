import Queue

/// The scheduler's part of the database's schema, to be applied after the queue's.
public enum SchedulerMigrations {
  /// Numbers 10 … 12.
  public static let all: [Migration] = [
    Migration(10, "cron", up: PackageResources._010_cron_up_sql, down: PackageResources._010_cron_down_sql),
    Migration(
      11, "schedules", up: PackageResources._011_schedules_up_sql, down: PackageResources._011_schedules_down_sql),
    Migration(12, "ticks", up: PackageResources._012_ticks_up_sql, down: PackageResources._012_ticks_down_sql),
  ]
}

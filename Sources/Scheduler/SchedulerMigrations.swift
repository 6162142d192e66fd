import Queue

/// The scheduler's part of the database's schema, to be applied after the queue's.
public enum SchedulerMigrations {
  /// Numbers 12 … 14.
  public static let all: [Migration] = [
    Migration(12, "cron", up: PackageResources._012_cron_up_sql, down: PackageResources._012_cron_down_sql),
    Migration(
      13, "schedules", up: PackageResources._013_schedules_up_sql, down: PackageResources._013_schedules_down_sql),
    Migration(14, "ticks", up: PackageResources._014_ticks_up_sql, down: PackageResources._014_ticks_down_sql),
  ]
}

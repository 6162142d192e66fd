import Queue

/// The scheduler's part of the database's schema, to be applied after the queue's.
public enum SchedulerMigrations {
  /// Numbers 12 … 14.
  public static let all: [Migration] = [
    Migration(12, "cron", up: Embedded.Migrations._0012_cron_up, down: Embedded.Migrations._0012_cron_down),
    Migration(
      13, "schedules", up: Embedded.Migrations._0013_schedules_up, down: Embedded.Migrations._0013_schedules_down),
    Migration(14, "ticks", up: Embedded.Migrations._0014_ticks_up, down: Embedded.Migrations._0014_ticks_down),
  ]
}

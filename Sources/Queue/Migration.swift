/// One numbered step of the database's schema, up and down. Never edited once released.
public struct Migration: Sendable {
  /// Unique over all modules; applied in this order.
  public let number: Int
  /// As in the file's name.
  public let name: String
  /// SQL that takes the step.
  public let up: String
  /// SQL that removes exactly what `up` added.
  public let down: String

  /// `up` and `down` are the texts of the `NNNN_name.up.sql` and `.down.sql` files.
  public init(_ number: Int, _ name: String, up: String, down: String) {
    self.number = number
    self.name = name
    self.up = up
    self.down = down
  }
}

/// The queue's own steps.
public enum QueueMigrations {
  /// Numbers 1 … 11.
  public static let all: [Migration] = [
    Migration(1, "jobs", up: Embedded.Migrations._0001_jobs_up, down: Embedded.Migrations._0001_jobs_down),
    Migration(2, "workers", up: Embedded.Migrations._0002_workers_up, down: Embedded.Migrations._0002_workers_down),
    Migration(
      3, "dependencies", up: Embedded.Migrations._0003_dependencies_up,
      down: Embedded.Migrations._0003_dependencies_down),
    Migration(4, "limits", up: Embedded.Migrations._0004_limits_up, down: Embedded.Migrations._0004_limits_down),
    Migration(
      5, "arguments", up: Embedded.Migrations._0005_arguments_up, down: Embedded.Migrations._0005_arguments_down),
    Migration(6, "enqueue", up: Embedded.Migrations._0006_enqueue_up, down: Embedded.Migrations._0006_enqueue_down),
    Migration(
      7, "enqueue_many", up: Embedded.Migrations._0007_enqueue_many_up,
      down: Embedded.Migrations._0007_enqueue_many_down),
    Migration(8, "control", up: Embedded.Migrations._0008_control_up, down: Embedded.Migrations._0008_control_down),
    Migration(9, "upkeep", up: Embedded.Migrations._0009_upkeep_up, down: Embedded.Migrations._0009_upkeep_down),
    Migration(10, "history", up: Embedded.Migrations._0010_history_up, down: Embedded.Migrations._0010_history_down),
    Migration(11, "probe", up: Embedded.Migrations._0011_probe_up, down: Embedded.Migrations._0011_probe_down),
  ]
}

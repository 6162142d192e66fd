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

  /// `up` and `down` are the bytes of the `NNNN_name.up.sql` and `.down.sql` files.
  public init(_ number: Int, _ name: String, up: [UInt8], down: [UInt8]) {
    self.number = number
    self.name = name
    self.up = String(decoding: up, as: UTF8.self)
    self.down = String(decoding: down, as: UTF8.self)
  }
}

/// The queue's own steps.
public enum QueueMigrations {
  /// Numbers 1 … 11.
  public static let all: [Migration] = [
    Migration(1, "jobs", up: PackageResources._001_jobs_up_sql, down: PackageResources._001_jobs_down_sql),
    Migration(2, "workers", up: PackageResources._002_workers_up_sql, down: PackageResources._002_workers_down_sql),
    Migration(
      3, "dependencies", up: PackageResources._003_dependencies_up_sql,
      down: PackageResources._003_dependencies_down_sql),
    Migration(4, "limits", up: PackageResources._004_limits_up_sql, down: PackageResources._004_limits_down_sql),
    Migration(
      5, "arguments", up: PackageResources._005_arguments_up_sql, down: PackageResources._005_arguments_down_sql),
    Migration(6, "enqueue", up: PackageResources._006_enqueue_up_sql, down: PackageResources._006_enqueue_down_sql),
    Migration(
      7, "enqueue_many", up: PackageResources._007_enqueue_many_up_sql,
      down: PackageResources._007_enqueue_many_down_sql),
    Migration(8, "control", up: PackageResources._008_control_up_sql, down: PackageResources._008_control_down_sql),
    Migration(9, "upkeep", up: PackageResources._009_upkeep_up_sql, down: PackageResources._009_upkeep_down_sql),
    Migration(10, "history", up: PackageResources._010_history_up_sql, down: PackageResources._010_history_down_sql),
    Migration(11, "probe", up: PackageResources._011_probe_up_sql, down: PackageResources._011_probe_down_sql),
  ]
}

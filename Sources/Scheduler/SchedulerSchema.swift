import Queue

extension SchemaModule {
  /// The scheduler's part of the database, above the queue's.
  public static let scheduler = SchemaModule("scheduler", files: Embedded.files(under: "SQL"))
}

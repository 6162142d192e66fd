import Postgres

/// Whether anybody needs the queue at this moment.
public struct QueueUse: Hashable, Sendable {
  /// Jobs that are not finished.
  public let jobs: Int
  /// Workers whose lease is not over.
  public let workers: Int

  /// Nil: the database has no queue.
  public static func read(on connection: Connection) async throws(PostgresError) -> QueueUse? {
    let exists: Bool = try await connection.query("SELECT to_regclass('twinmill.workers') IS NOT NULL AS exists").only()
      .get("exists")
    guard exists else { return nil }
    let row = try await connection.query(Statements.queueUse()).only()
    return QueueUse(
      jobs: try Int(row.get("jobs", as: Int64.self)), workers: try Int(row.get("workers", as: Int64.self)))
  }
}

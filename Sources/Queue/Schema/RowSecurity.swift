import Postgres

/// Finds tables of which row-level security hides rows. A hidden row looks like one that is gone: a queue would stand
/// still without a word, and a job would end because its twin is not there any more.
///
/// While a program runs, its sessions have `row_security = off`: a table that has become hidden is an error for them.
public enum RowSecurity {
  /// Refuses hidden tables of the queue, of the twins and among those given.
  /// - Parameters:
  ///   - tables: schema and name.
  ///   - twinsSchema: where the twins' tables are.
  ///   - alsoForWorkers: whether roles count that can log in as workers, beside the session's own.
  /// - Throws: `MigrationError.hiddenRows`.
  public static func check(
    tables: [(schema: String, name: String)] = [], twinsSchema: String, alsoForWorkers: Bool = false,
    on connection: Connection
  ) async throws {
    let rows = try await connection.query(
      Statements.hiddenTables(twinsSchema, tables.map(\.schema), tables.map(\.name), alsoForWorkers))
    guard let first = rows.first else { return }
    let role = try first.get("role", as: String.self)
    let hidden = try rows.compactMap { row throws(PostgresError) in
      try row.get("role", as: String.self) == role ? try row.get("relation", as: String.self) : nil
    }
    throw MigrationError.hiddenRows(tables: hidden, role: role)
  }
}

import Postgres
import Simulation

/// Promise: every result row names its job, and every row of evidence leads back to a completed job of the twin.
struct LineageCheck: Encodable, Sendable {
  /// Of one result table.
  struct Place: Encodable, Sendable {
    let rows: Int
    /// Metadata lack job, attempt, kind, code version or input hash.
    let rowsWithoutLineage: Int
    /// No completed job of the twin has that id, attempt and kind.
    let rowsWithoutJob: Int
    let evidence: Int
    /// No completed job of the twin has that id.
    let evidenceWithoutJob: Int
  }

  let tables: [String: Place]

  /// Nothing is amiss.
  var holds: Bool {
    tables.values.allSatisfy { $0.rowsWithoutLineage == 0 && $0.rowsWithoutJob == 0 && $0.evidenceWithoutJob == 0 }
  }

  init(of twins: [SimulatedTwin], twinsSchema: String, on connection: Connection) async throws {
    let statement = Statement("chain_lineage", Embedded.Statements.chain_lineage, schemas: ["twins": twinsSchema])
    var tables: [String: Place] = [:]
    for row in try await connection.query(statement(twins.map(\.id))) {
      let (place, rows, unnamed, jobless, evidence, untraced) = try row.decode(
        String.self, Int64.self, Int64.self, Int64.self, Int64.self, Int64.self)
      tables[place] = Place(
        rows: Int(rows), rowsWithoutLineage: Int(unnamed), rowsWithoutJob: Int(jobless), evidence: Int(evidence),
        evidenceWithoutJob: Int(untraced))
    }
    self.tables = tables
  }
}

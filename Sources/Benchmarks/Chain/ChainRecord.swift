import FoundationEssentials
import Numerics
import Postgres
import Simulation

/// Writes simulated twins into the tables of an application, as the application would, and takes them away again.
struct ChainRecord: Sendable {
  /// Schema of the twin tables.
  let twinsSchema: String

  private struct Snapshot {
    let twin: SimulatedTwin
    let day: Int
  }

  /// Twins and snapshots by COPY, in one transaction.
  /// - Returns: the number of snapshots.
  func write(_ twins: [SimulatedTwin], on connection: Connection) async throws -> Int {
    let schema = Statement.quotedIdentifier(twinsSchema)
    return try await connection.transaction { connection in
      let subjects = "COPY \(schema).user_digital_twins (id, status, domain, subject) FROM STDIN (FORMAT binary)"
      _ = try await connection.copyIn(SQL(stringLiteral: subjects), twins) { (twin, row) throws(PostgresError) in
        try row.append(twin.id)
        try row.append("active")
        try row.append("skincare")
        try row.append(twin.subject)
      }
      let snapshots = twins.lazy.flatMap { twin in
        (0..<twin.days).lazy.filter { twin.isScanned[$0] }.map { Snapshot(twin: twin, day: $0) }
      }
      let columns =
        "(id, twin_id, snapshot_date, skin_metrics, product_usage, environmental_factors, lifestyle_data)"
      return try await connection.copyIn(
        SQL(stringLiteral: "COPY \(schema).twin_snapshots \(columns) FROM STDIN (FORMAT binary)"), snapshots
      ) { (snapshot, row) throws(PostgresError) in
        let (twin, day) = (snapshot.twin, snapshot.day)
        try row.append(Self.id(twin, day))
        try row.append(twin.id)
        try row.append(twin.instant(day))
        try row.append(Self.document(twin.metrics.map { ($0.name, $0.recorded[day]) }))
        let used = twin.products.filter { $0.used.contains(day) }.map { JSON.literal($0.name) }
        try row.append("[\(used.joined(separator: ","))]")
        for place in [SimulatedFactor.Place.environment, .lifestyle] {
          let factors = twin.factors.filter { $0.place == place }
          try row.append(Self.document(factors.map { ($0.name, $0.recorded[day]) }))
        }
      }
    }
  }

  /// Takes away the twins and everything that was computed of them.
  func clear(_ twins: [SimulatedTwin], on connection: Connection) async throws {
    let statement = Statement("chain_clear", Embedded.Statements.chain_clear, schemas: ["twins": twinsSchema])
    _ = try await connection.query(statement(twins.map(\.id)))
  }

  /// Of one day; made of the twin's and the day.
  private static func id(_ twin: SimulatedTwin, _ day: Int) -> UUID {
    var random = SeededRandom.stream(UInt64(day), twin.id.firstBytes)
    return UUID(uuid: withUnsafeBytes(of: (random.next(), random.next())) { $0.loadUnaligned(as: uuid_t.self) })
  }

  /// A JSON object of what was recorded.
  private static func document(_ values: [(name: String, value: Double)]) -> String {
    let members = values.filter { !$0.value.isNaN }.map { "\(JSON.literal($0.name)):\($0.value)" }
    return "{\(members.joined(separator: ","))}"
  }
}

extension UUID {
  /// The first eight bytes as a number.
  fileprivate var firstBytes: UInt64 { withUnsafeBytes(of: uuid) { $0.loadUnaligned(as: UInt64.self) } }
}

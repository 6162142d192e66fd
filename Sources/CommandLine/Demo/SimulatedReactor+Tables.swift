import FoundationEssentials
import Postgres
import Simulation

extension SimulatedReactor {
  /// Writes two reactors and their day; the second one's pump failed and was repaired.
  /// - Returns: how many readings.
  static func fill(_ connection: Connection, until end: Date) async throws -> Int {
    var count = 0
    for (name, hasFailure) in [("Bruce 3", false), ("Darlington 1", true)] {
      let readings = readings(seed: UInt64(count), until: end, hasFailure: hasFailure)
      let reactor: Int32 = try await connection.query(
        "INSERT INTO reactors (name, type) VALUES (\(name), 'CANDU') RETURNING id"
      ).only().decode(Int32.self)
      _ = try await connection.query(
        """
        INSERT INTO telemetry
          (reactor_id, timestamp, neutron_flux, core_temperature, pressure, vibration, tritium_level)
        SELECT \(reactor), r.* FROM unnest(\(readings.map(\.date)), \(readings.map(\.flux)),
          \(readings.map(\.temperature)), \(readings.map(\.pressure)), \(readings.map(\.vibration)),
          \(readings.map(\.tritium))) AS r
        """)
      if hasFailure {
        _ = try await connection.query(
          """
          INSERT INTO faults (reactor_id, fault_type, severity, timestamp, resolved, resolved_at)
          VALUES (\(reactor), 'pump_failure', 'yellow', \(readings[failure.lowerBound].date), true,
                  \(readings[failure.upperBound].date))
          """)
      }
      count += readings.count
    }
    return count
  }
}

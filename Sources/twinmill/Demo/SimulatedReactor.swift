import FoundationEssentials
import Glibc
import Numerics
import Postgres

/// A day of a reactor's telemetry, minute by minute, from a seed: flux with two rhythms drives temperature and tritium,
/// temperature a little of the pressure, pumps shake; and, if asked for, an hour of pump failure.
struct SimulatedReactor {
  /// Minutes of history.
  static let minutes = 1440
  /// When a pump fails and when it runs again, in minutes from the start.
  static let failure = 900..<960

  /// One reading, in the order of the columns.
  struct Reading {
    let date: Date
    let flux, temperature, pressure, vibration, tritium: Double
  }

  /// - Parameters:
  ///   - seed: which reactor.
  ///   - end: the newest reading.
  ///   - hasFailure: whether the pump fails.
  static func readings(seed: UInt64, until end: Date, hasFailure: Bool) -> [Reading] {
    var random = SeededRandom(seed: 1000 + seed)
    let phase = random.uniform(in: 0...1000)
    return (0..<minutes).map { minute in
      func wave(_ period: Double) -> Double { sin(2 * .pi * (Double(minute) + phase) / period) }
      // Above the normal minimum also at its lowest.
      let power = 1 + 0.05 * wave(63) + 0.02 * wave(209) + 0.02 * random.normal()
      let temperature = 260 + 5 * wave(6283) + 25 * power + 2 * random.normal()
      var pressure = 12.5 * (1 + 0.1 * (temperature / 285 - 1)) + 0.5 * wave(31) + 0.2 * random.normal()
      var vibration = 1.8 + 0.3 * power + 0.3 * wave(7.9) + 0.2 * wave(5.2) + 0.1 * random.normal()
      let tritium = 450 * power + 50 * wave(126) + 25 * random.normal()
      if hasFailure, failure.contains(minute) {
        pressure *= 0.85
        vibration *= 2.2
      }
      return Reading(
        date: end.addingTimeInterval(60 * Double(minute + 1 - minutes)), flux: 1.25e13 * power,
        temperature: temperature, pressure: pressure, vibration: max(vibration, 0), tritium: max(tritium, 0))
    }
  }

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

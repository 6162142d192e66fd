import FoundationEssentials
import Glibc
import Numerics

/// A day of a reactor's telemetry, minute by minute, from a seed: flux with two rhythms drives temperature and tritium,
/// temperature a little of the pressure, pumps shake; and, if asked for, an hour of pump failure.
package struct SimulatedReactor {
  /// Minutes of history.
  package static let minutes = 1440
  /// When a pump fails and when it runs again, in minutes from the start.
  package static let failure = 900..<960

  /// One reading, in the order of the columns.
  package struct Reading {
    package let date: Date
    package let flux, temperature, pressure, vibration, tritium: Double
  }

  /// - Parameters:
  ///   - seed: which reactor.
  ///   - end: the newest reading.
  ///   - hasFailure: whether the pump fails.
  package static func readings(seed: UInt64, until end: Date, hasFailure: Bool) -> [Reading] {
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
}

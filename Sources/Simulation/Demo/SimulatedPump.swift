import FoundationEssentials
import Glibc
import Numerics

/// Five weeks of a pump's temperature, every ten minutes: a daily and a weekly rhythm, and noise.
package enum SimulatedPump {
  /// CSV with the header `timestamp,value`.
  package static func csv(until end: Date, days: Int = 35) -> String {
    var random = SeededRandom(seed: 7)
    var noise = 0.0
    var text = "timestamp,value\n"
    for step in 0..<(days * 144) {
      let time = Double(step) / 144
      let weekday = Int(time) % 7 < 5 ? 1.0 : 0.35
      noise = 0.8 * noise + random.normal() * 0.35
      let value = 61 + 6.5 * weekday * sin(2 * .pi * (time - 0.3)) + noise
      let date = end.addingTimeInterval(Double(step - days * 144) * 600)
      text += "\(date.formatted(.iso8601)),\((value * 100).rounded() / 100)\n"
    }
    return text
  }
}

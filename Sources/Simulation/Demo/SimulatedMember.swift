import FoundationEssentials
import Glibc
import Numerics

/// A year of a member who runs daily and reads on three days a week: better on working days, better still from an
/// accepted change of plan on; the mood of the journal follows what was done.
package struct SimulatedMember {
  /// Days of history.
  package static let days = 365
  /// The day of the change of plan.
  package static let change = 220

  /// The events of a day.
  package struct Day {
    /// Noon, or thereabouts, in UTC.
    package let date: Date
    package let ran: Bool
    package let read: Bool
    /// nil = no entry.
    package let mood: Double?
    package let messages: Int
  }

  /// - Parameters:
  ///   - seed: who it is.
  ///   - end: the newest day.
  package static func days(seed: UInt64, until end: Date) -> [Day] {
    var random = SeededRandom(seed: 2000 + seed)
    let will = random.uniform(in: 0.6...0.75)
    var spirits = 0.0
    return (0..<days).map { day in
      let date = end.addingTimeInterval(86_400 * Double(day - days))
      // 1970-01-01 was a Thursday: 0 is Monday.
      let weekday = (Int(date.timeIntervalSince1970 / 86_400) + 3) % 7
      spirits = 0.6 * spirits + 0.15 * random.normal()
      let chance = will + (weekday < 5 ? 0.1 : -0.1) + (day >= change ? 0.12 : 0) + 0.2 * spirits
      let ran = random.uniform(in: 0...1) < chance
      let mood = tanh(0.4 * (ran ? 1 : -0.6) + spirits + 0.1 * random.normal())
      return Day(
        date: date.addingTimeInterval(random.uniform(in: -7200...7200)), ran: ran,
        read: [0, 2, 4].contains(weekday) && random.uniform(in: 0...1) < chance,
        mood: random.uniform(in: 0...1) < 0.8 ? mood : nil,
        messages: Int(random.uniform(in: 0...3) + (ran ? 0 : 1)))
    }
  }
}

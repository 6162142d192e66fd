import FoundationEssentials

/// Instants as people read them, in UTC.
package enum DateText {
  /// `2026-03-12`, and where samples are closer than half a day `2026-03-12 14:05`.
  package static func text(_ date: Date, step: TimeInterval) -> String {
    let text = date.formatted(.iso8601)
    let day = String(text.prefix { $0 != "T" })
    guard step < 43_200, let separator = text.firstIndex(of: "T") else { return day }
    return day + " " + text[text.index(after: separator)...].prefix(5)
  }

  /// The number and the unit of a stretch of time: whole days from two days on, else hours, minutes, seconds.
  package static func span(_ seconds: TimeInterval) -> (count: Int, unit: String) {
    for (unit, length) in [("days", 86_400.0), ("hours", 3_600), ("minutes", 60)] where seconds >= 2 * length {
      return (Int((seconds / length).rounded()), unit)
    }
    return (Int(seconds.rounded()), "seconds")
  }

  /// The same for a delay, where one is a singular: `1 day`, `14 days`, `30 minutes`.
  package static func delay(_ seconds: TimeInterval) -> (count: Int, unit: String) {
    for (unit, length) in [("day", 86_400.0), ("hour", 3_600), ("minute", 60)] where seconds >= length {
      let count = Int((seconds / length).rounded())
      return (count, count == 1 ? unit : unit + "s")
    }
    let count = Int(seconds.rounded())
    return (count, count == 1 ? "second" : "seconds")
  }
}

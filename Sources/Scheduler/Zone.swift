// Named zones come with ICU, which FoundationEssentials leaves out.
import FoundationEssentials
import FoundationInternationalization

/// A time zone's clock: its offset at an instant and the instants at which the offset may change, in whole seconds.
///
/// The rules are those of the ICU data inside Foundation. The scheduler compares their offset with the server's for
/// every schedule it ticks, because the two sets of rules are updated apart.
struct Zone: Sendable {
  let timeZone: TimeZone

  init(_ timeZone: TimeZone) {
    self.timeZone = timeZone
  }

  /// A zone by its IANA name, nil when Foundation does not know it.
  init?(named name: String) {
    guard let timeZone = TimeZone(identifier: name) else { return nil }
    self.timeZone = timeZone
  }

  /// Seconds east of UTC at an instant (seconds since 1970-01-01T00:00Z).
  func offset(at instant: Int) -> Int {
    timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
  }

  /// The local clock's reading at an instant.
  func local(at instant: Int) -> LocalTime {
    LocalTime(seconds: instant + offset(at: instant))
  }

  /// The first instant after `instant` at which the zone's rules change. The offset may stay the same there.
  func transition(after instant: Int) -> Int? {
    guard
      let date = timeZone.nextDaylightSavingTimeTransition(after: Date(timeIntervalSince1970: Double(instant)))
    else { return nil }
    let seconds = Int(date.timeIntervalSince1970.rounded(.down))
    return seconds > instant ? seconds : nil
  }

  /// The latest reading that the local clock has passed by `instant`: later than the present reading while a fold
  /// repeats readings.
  func latestLocal(by instant: Int) -> LocalTime {
    var latest = local(at: instant)
    var change = transition(after: instant - Self.longestShift)
    while let at = change, at <= instant {
      latest = max(latest, LocalTime(seconds: at - 1 + offset(at: at - 1)))
      change = transition(after: at)
    }
    return latest
  }

  /// The first instant at which the local clock reads `reading` or later, searching from `instant`, before which it has
  /// not.
  ///
  /// One definition covers all cases: a reading in a gap gives the first instant after the gap, a reading in a fold its
  /// first occurrence.
  func firstInstant(reading: LocalTime, notBefore instant: Int) -> Int {
    var start = max(instant, reading.seconds - Self.longestShift)
    while true {
      let change = transition(after: start)
      let candidate = max(start, reading.seconds - offset(at: start))
      guard let change, candidate >= change else { return candidate }
      start = change
    }
  }

  /// Longer than any offset and any change of offset (date-line changes shift by 24 h): two days, in seconds.
  private static let longestShift = 172_800
}

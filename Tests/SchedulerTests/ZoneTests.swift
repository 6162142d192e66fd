import FoundationEssentials
import FoundationInternationalization
import Numerics
import Testing

@testable import Scheduler

@Suite("Planned times in time zones")
struct ZoneTests {
  private func instants(_ cron: String, _ zone: String, after: String, _ count: Int) throws -> [String] {
    let timeZone = try #require(TimeZone(identifier: zone))
    return try CronExpression(cron).upcoming(count, after: Date(after, strategy: .iso8601), in: timeZone)
      .map { $0.formatted(.iso8601) }
  }

  @Test("a time in a gap runs at the first valid instant")
  func gap() throws {
    #expect(
      try instants("30 2 * * *", "Europe/Berlin", after: "2026-03-28T12:00:00Z", 2)
        == ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])
  }

  @Test("several times in one gap, or on its end, make one tick")
  func gapCollapses() throws {
    #expect(
      try instants("*/15 2,3 * * *", "Europe/Berlin", after: "2026-03-29T00:59:00Z", 2)
        == ["2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"])
  }

  @Test("a time in a fold runs once, at its first occurrence")
  func fold() throws {
    #expect(
      try instants("30 2 * * *", "Europe/Berlin", after: "2026-10-24T12:00:00Z", 2)
        == ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])
    // Also when the scheduler first looks during the second pass.
    #expect(
      try instants("30 2 * * *", "Europe/Berlin", after: "2026-10-25T01:10:00Z", 1) == ["2026-10-26T01:30:00Z"])
  }

  @Test("an expression of every hour keeps its rhythm of elapsed time through gap and fold")
  func everyHour() throws {
    #expect(
      try instants("30 * * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", 3)
        == ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z"])
    #expect(
      try instants("30 * * * *", "Europe/Berlin", after: "2026-10-25T00:00:00Z", 3)
        == ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"])
    for zone in ["Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "America/Havana"] {
      let timeZone = try #require(TimeZone(identifier: zone))
      let start = try Date("2026-01-01T00:00:00Z", strategy: .iso8601)
      var last = start
      let cron = try CronExpression("* * * * *")
      for _ in 0..<(2 * 525_600 / 60) {
        // Every 60th step is checked around; the minutes themselves follow one another.
        let next = try #require(cron.next(after: last, in: timeZone))
        #expect(next == last.addingTimeInterval(60))
        last = next.addingTimeInterval(59 * 60)
      }
    }
  }

  @Test("a half-hour change, a skipped date and a midnight gap follow the same rule")
  func oddChanges() throws {
    #expect(
      try instants("15 2 * * *", "Australia/Lord_Howe", after: "2026-10-03T00:00:00Z", 2)
        == ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"])
    // Samoa left out 30 December 2011: the 30th's run comes at the first instant of the 31st.
    #expect(
      try instants("0 9 * * *", "Pacific/Apia", after: "2011-12-29T12:00:00Z", 3)
        == ["2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"])
    #expect(
      try instants("0 0 * * *", "Africa/Cairo", after: "2026-04-23T12:00:00Z", 1) == ["2026-04-23T22:00:00Z"])
  }

  @Test("occurrences say what the zone did to a time")
  func occurrences() throws {
    let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
    let spring = try CronExpression("30 2 * * *")
      .occurrences(2, after: Date("2026-03-28T12:00:00Z", strategy: .iso8601), in: berlin)
    #expect(spring.map(\.local) == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"])
    #expect(spring.map(\.shift) == [.gap, .none])
    let autumn = try CronExpression("30 * * * *")
      .occurrences(4, after: Date("2026-10-24T23:00:00Z", strategy: .iso8601), in: berlin)
    #expect(autumn.map(\.shift) == [.none, .fold, .repeated, .none])
    #expect(autumn.map(\.local)[2] == "2026-10-25T02:30:00+01:00")
  }

  /// Zones whose rules are odd: half-hour and two-hour changes, skipped dates, changes at midnight, Ramadan, fixed
  /// offsets with minutes.
  static let oddZones = [
    "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati",
    "Antarctica/Troll", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Cairo", "America/Havana", "Asia/Beirut",
    "Europe/Berlin", "America/New_York", "America/Santiago", "Atlantic/Azores", "Pacific/Chatham", "Europe/Dublin",
    "Asia/Gaza", "America/Scoresbysund", "UTC",
  ]

  static var zones: [String] {
    let all = TimeZone.knownTimeZoneIdentifiers.sorted()
    guard !runsEverything else { return all }
    var generator = SeededRandom(state: TestSeed.value)
    return oddZones + all.shuffled(using: &generator).prefix(20)
  }

  @Test("every planned time runs once, over two years of minutes around every transition", arguments: zones)
  func property(zone: String) throws {
    let timeZone = try #require(TimeZone(identifier: zone))
    let expressions = [
      "* * * * *", "*/15 * * * *", "30 * * * *", "30 2 * * *", "0 0 * * *", "*/20 0-3 * * *", "0 */2 * * *",
      "17,47 1,2,3,23 * * *", "0 9 * * MON-FRI", "0 0 1 * SUN", "59 23 L * *",
    ]
    let start = 1_767_225_600  // 2026-01-01
    for window in Self.windows(timeZone, from: start, years: 2) {
      let reference = ReferenceClock(timeZone, window)
      for text in expressions {
        let cron = try CronExpression(text)
        let expected = reference.instants(text)
        var found: [Int] = []
        var last = window.lowerBound - 1
        while let next = cron.next(after: last, in: Zone(timeZone)), next < window.upperBound {
          found.append(next)
          last = next
        }
        #expect(found == expected, "\(text) in \(zone) from \(window.lowerBound), seed \(TestSeed.value)")
      }
    }
  }

  @Test("the same holds in 2011 and 2012, where dates were skipped", arguments: ["Pacific/Apia", "Pacific/Fakaofo"])
  func skippedDate(zone: String) throws {
    let timeZone = try #require(TimeZone(identifier: zone))
    for window in Self.windows(timeZone, from: 1_293_840_000, years: 2) {
      let reference = ReferenceClock(timeZone, window)
      for text in ["* * * * *", "0 9 * * *", "*/30 1-22 * * *"] {
        let cron = try CronExpression(text)
        var found: [Int] = []
        var last = window.lowerBound - 1
        while let next = cron.next(after: last, in: Zone(timeZone)), next < window.upperBound {
          found.append(next)
          last = next
        }
        #expect(found == reference.instants(text), "\(text) in \(zone)")
      }
    }
  }

  /// Two days on either side of every change of offset (found by hourly reading, not by the zone's own list), and one
  /// ordinary week.
  private static func windows(_ timeZone: TimeZone, from start: Int, years: Int) -> [Range<Int>] {
    var windows = [start..<start + 7 * 86_400]
    var before = timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(start)))
    for hour in stride(from: start, to: start + years * 365 * 86_400, by: 3_600) {
      let offset = timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(hour)))
      if offset != before { windows.append(hour - 2 * 86_400..<hour + 2 * 86_400) }
      before = offset
    }
    return windows
  }
}

/// The documented rule, computed the slow way: it reads the local clock at every minute of a window.
struct ReferenceClock {
  /// Each minute of the window and of three days before it: the instant, its local reading, and the latest reading
  /// before it.
  private var minutes: [(instant: Int, local: Int, passed: Int)] = []
  private let window: Range<Int>

  init(_ timeZone: TimeZone, _ window: Range<Int>) {
    self.window = window
    var passed = Int.min
    for instant in stride(from: window.lowerBound - 3 * 86_400, to: window.upperBound, by: 60) {
      let local = instant + timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
      minutes.append((instant, local, passed == Int.min ? local - 60 : passed))
      passed = max(passed, local)
    }
  }

  /// The planned instants of the window.
  func instants(_ text: String) -> [Int] {
    let cron = ReferenceCron(text)
    let isEveryHour = text.split(separator: " ")[1] == "*"
    return minutes.compactMap { instant, local, passed in
      guard window.contains(instant) else { return nil }
      if isEveryHour { return cron.matches(local) ? instant : nil }
      // Times of the day: some planned reading is new at this minute, be it shown or jumped over.
      guard local > passed else { return nil }
      return stride(from: passed + 60, through: local, by: 60).contains { cron.matches($0) } ? instant : nil
    }
  }
}

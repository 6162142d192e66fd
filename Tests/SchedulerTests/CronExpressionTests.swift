import FoundationEssentials
import Numerics
import Testing

@testable import Scheduler

@Suite("Cron expressions")
struct CronExpressionTests {
  @Test(
    "are written out canonically",
    arguments: [
      ("*/5 * * * *", "*/5 * * * *"), ("05 06 * jan-Mar mon-FRI", "5 6 * 1-3 1-5"),
      ("  0\t0  1,L * *  ", "0 0 1,L * *"), ("5/10 1-20/3 * * 7", "5/10 1-20/3 * * 7"),
      ("0 0 * * fri-sun", "0 0 * * 5-7"), ("@daily", "0 0 * * *"), ("@Yearly", "0 0 1 1 *"),
    ])
  func canonical(text: String, expected: String) throws {
    let cron = try CronExpression(text)
    #expect(cron.description == expected)
    #expect(try CronExpression(cron.description) == cron)
  }

  @Test("know every shorthand")
  func shorthands() throws {
    let pairs = [
      ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"), ("@weekly", "0 0 * * SUN"),
      ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@hourly", "0 * * * *"),
    ]
    for (short, long) in pairs { #expect(try CronExpression(short) == CronExpression(long)) }
  }

  @Test("that mean the same are equal, those that differ only in the day rule are not")
  func equality() throws {
    #expect(try CronExpression("0 0 * * 0") == CronExpression("0 0 * * 7"))
    #expect(try CronExpression("0,30 * * * *") == CronExpression("*/30 * * * *"))
    #expect(try CronExpression("0 0 */2 * MON") != CronExpression("0 0 1-31/2 * MON"))
  }

  @Test("that are broken are refused with the field, the text and the range", arguments: BrokenExpressions.all)
  func refusals(text: String, message: String) {
    #expect {
      _ = try CronExpression(text)
    } throws: { error in
      (error as? CronError)?.message == message && (error as? CronError)?.hint.isEmpty == false
    }
  }

  @Test("plan the known next instants")
  func nextInstants() throws {
    let cases: [(String, String, String)] = [
      ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
      ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
      ("0 0 13 * FRI", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"),
      ("0 0 13 * FRI", "2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z"),
      ("0 0 */2 * MON", "2026-11-01T00:00:00Z", "2026-11-09T00:00:00Z"),
      ("30 23 L * *", "2028-02-01T00:00:00Z", "2028-02-29T23:30:00Z"),
      ("30 23 L * *", "2026-04-30T23:30:00Z", "2026-05-31T23:30:00Z"),
      ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
      ("*/5 * * * *", "2026-12-31T23:57:30Z", "2027-01-01T00:00:00Z"),
      ("0 9 * * MON-FRI", "2026-11-20T09:00:00Z", "2026-11-23T09:00:00Z"),
      ("0 0 29 2 */6", "2026-01-01T00:00:00Z", "2032-02-29T00:00:00Z"),
      ("15 10 1 JAN,JUL *", "2026-01-01T10:15:00Z", "2026-07-01T10:15:00Z"),
    ]
    for (text, after, expected) in cases {
      let next = try CronExpression(text).next(after: Date(after, strategy: .iso8601), in: .gmt)
      #expect(next == (try Date(expected, strategy: .iso8601)), "\(text) after \(after)")
    }
  }

  @Test("start from fractions of a second without losing or repeating an instant")
  func fractions() throws {
    let cron = try CronExpression("* * * * *")
    let minute = Date(timeIntervalSince1970: 1_800_000_000)
    #expect(cron.next(after: minute.addingTimeInterval(-0.25), in: .gmt) == minute)
    #expect(cron.next(after: minute, in: .gmt) == minute.addingTimeInterval(60))
    #expect(cron.next(after: minute.addingTimeInterval(0.25), in: .gmt) == minute.addingTimeInterval(60))
  }

  @Test("agree with a plain reading of crontab(5), minute by minute over two years, for random expressions")
  func randomAgainstReference() throws {
    var generator = SeededRandom(state: TestSeed.value)
    for _ in 0..<40 {
      let text = ExpressionGenerator.valid(using: &generator)
      guard let cron = try? CronExpression(text) else { continue }
      let reference = ReferenceCron(text)
      let start = 1_767_225_600
      let end = start + 2 * 365 * 86_400
      var expected: [Int] = []
      var minute = start + 60
      while minute < end, expected.count < 400 {
        if reference.matches(minute) { expected.append(minute) }
        minute += 60
      }
      let found = cron.upcoming(expected.count, after: Date(timeIntervalSince1970: Double(start)), in: .gmt)
      #expect(found.map { Int($0.timeIntervalSince1970) } == expected, "\(text), seed \(TestSeed.value)")
    }
  }

  @Test("keep calendar dates and day numbers consistent over four hundred years")
  func calendar() {
    var number = LocalTime.dayNumber(year: 1900, month: 1, day: 1)
    #expect(LocalTime.dayNumber(year: 1970, month: 1, day: 1) == 0)
    for year in 1900..<2300 {
      for month in 1...12 {
        for day in 1...LocalTime.daysInMonth(year: year, month: month) {
          let date = LocalTime.date(dayNumber: number)
          if date != (year, month, day) || LocalTime.dayNumber(year: year, month: month, day: day) != number {
            Issue.record("\(year)-\(month)-\(day) is not day \(number)")
            return
          }
          number += 1
        }
      }
    }
  }
}

/// Why a text is not a cron expression: the field, the offending text and the allowed range.
///
/// `twinmill.check_cron` in the database gives the same message for the same text.
public struct CronError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The fault, for example `minute field "61": 61 is outside 0-59`.
  public let message: String
  /// The texts that would be accepted.
  public let hint: String

  /// The message, then the hint.
  public var description: String {
    "\(message). \(hint)"
  }

  static let empty = CronError(message: "the cron expression is empty", hint: fiveFields)

  static func unknownShorthand(_ text: String) -> CronError {
    CronError(
      message: "unknown shorthand \"\(text)\"",
      hint: "Known are @yearly @annually @monthly @weekly @daily @midnight @hourly.")
  }

  static func fieldCount(_ count: Int, in text: String) -> CronError {
    CronError(message: "a cron expression has five fields, \"\(text)\" has \(count)", hint: fiveFields)
  }

  static func field(_ field: CronField, _ text: String, _ problem: String) -> CronError {
    CronError(message: "\(field.title) field \"\(text)\": \(problem)", hint: field.hint)
  }

  static func never(days: String, months: String) -> CronError {
    CronError(
      message: "this never happens: no month in \"\(months)\" has a day in \"\(days)\"",
      hint: "Day of month L is the last day of every month.")
  }

  private static let fiveFields =
    "The fields are minute, hour, day of month, month, day of week, as in 30 6 * * MON-FRI."
}

/// When jobs of a kind are enqueued where nobody has said otherwise. The schedule is made once, under the kind's name, by
/// the first `twinmill migrate up` that knows the kind; afterwards it is the operator's, to change and to remove.
public struct DefaultSchedule: Sendable {
  /// Minute, hour, day of month, month, day of week; or `@daily` and the like.
  public let cron: String
  /// IANA name: whose clock the cron expression reads.
  public let timeZone: String

  /// A plan for jobs without arguments.
  public init(cron: String, timeZone: String = "UTC") {
    self.cron = cron
    self.timeZone = timeZone
  }
}

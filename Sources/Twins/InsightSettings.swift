/// How many insights a twin may have, and how far they look back.
public struct InsightSettings: Sendable, Hashable {
  /// Most insights that are open at once. Too low hides what matters; too high is read by nobody.
  public var mostOpen = 12
  /// Most insights that open within a period, not counting those of high severity.
  public var mostNew = 12
  /// Length of the period in days, by the twin's own clock (its newest observation).
  public var periodDays = 7.0
  /// Samples from the newest one back within which a change is news.
  public var changeSamples = 60
  /// Samples from the newest one back within which an anomaly or a fault of measuring is news.
  public var recentSamples = 14
  /// Samples that a trend is looked for in, where no season says otherwise.
  public var trendSamples = 56

  /// The defaults: what holds when a domain's `insights:` does not say.
  public init() {}
}

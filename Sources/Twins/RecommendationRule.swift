/// A domain's own rule: what to do when something is seen in a metric, such as inspecting a pump that vibrates more.
public struct RecommendationRule: Sendable, Hashable {
  /// The occasion: an open insight of this type about the metric.
  public let when: Sighting
  /// The metric it is about.
  public let metric: String
  /// Which way the metric must go; nil = any.
  public let direction: Direction?
  /// Least severity of the insight.
  public let severity: Threshold.Severity
  /// `twin_recommendations.recommendation_type`, such as `operation`.
  public let type: String
  /// The advice, in a few words.
  public let title: String
  /// Steps.
  public let actions: [String]
  /// 1 (most urgent) … 5; nil = from the insight's severity.
  public let priority: Int?

  /// Types of insight that a rule may wait for.
  public enum Sighting: String, Sendable, Hashable, CaseIterable {
    case trend, risk, anomaly, change
    case dataQuality = "data_quality"
    /// Any of these.
    case any
  }

  /// Which way.
  public enum Direction: String, Sendable, Hashable, CaseIterable {
    case up, down
  }
}

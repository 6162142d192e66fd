/// A state of a metric that is worth telling when it was kept up: so many observations in a row on the right side.
public struct Milestone: Sendable, Hashable {
  /// The metric it is about.
  public let metric: String
  /// Which side of which value is kept.
  public let bound: Threshold.Bound
  /// How many observations in a row make the first milestone; each multiple is the next one.
  public let observations: Int
  /// In words, such as "routine kept"; nil = made of the metric's label.
  public let label: String?
}

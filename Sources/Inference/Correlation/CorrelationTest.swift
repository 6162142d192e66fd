/// One factor against one metric: the lag at which they go together most, and how surely.
public struct CorrelationTest: Sendable, Equatable {
  /// 0-based position of the factor.
  public let factor: Int
  /// 0-based position of the metric.
  public let metric: Int
  /// Samples by which the factor leads, 0…maximum.
  public let lag: Int
  /// Correlation, −1…1, of what is left of both after mean, trend, season, autocorrelation and the factors in `given`.
  public let r: Double
  /// The same at the same lag with the values where `r` is of ranks: Pearson's partial correlation. Where the two differ
  /// much, few observations decide.
  public let valuesR: Double
  /// Observations of the metric behind `r`.
  public let count: Int
  /// Probability of a correlation at least this far from 0, at any of the lags, when there is none: two-sided, Šidák
  /// over the lags. No correction for the number of pairs.
  public let p: Double
  /// Factors whose part was taken out of the metric first, each at its own lag.
  public let given: [Int]
  /// First and last observed sample of the metric.
  public let window: ClosedRange<Int>

  /// The metric moves with the factor (1) or against it (−1).
  public var direction: Int { r < 0 ? -1 : 1 }
}

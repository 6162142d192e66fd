/// Looks for lagged dependences of metrics on factors that are autocorrelated, seasonal and full of gaps.
///
/// Two persistent series look correlated without having to do with each other: their values on neighbouring days are
/// nearly one observation. For each metric this search
///
/// 1. fills the factors' gaps by their own conditional mean (`ConditionalMean`), which leaves them as independent of
///    the metric as they are;
/// 2. models the metric by mean, trend, curve, season, the factors accepted so far and AR(1) errors, whose coefficient
///    maximises the restricted likelihood, and whitens metric and factors with it: generalised least squares, exact
///    over gaps (Jones 1980), with a further short filter where AR(1) is not enough;
/// 3. takes, for each factor, the lag with the largest |t| of the partial correlation with the metric's residuals,
///    given the other accepted factors; the residuals as normal scores, so that outliers weigh little;
/// 4. accepts the factors whose p times their number is below 0.025 and repeats from 2 until they no longer change: what one factor
///    explains no longer hides another, nor lends it significance.
///
/// 5. takes out of the metric what it repeats with a factor that seems to go with it (`CycleSearch`), and begins anew:
///    a month, a pay day, a year that both keep are no dependence.
///
/// p is Student's, over the lags by Šidák (1967). Deterministic. O(iterations · metrics · n · factors · lags · accepted).
public struct CorrelationSearch: Sendable {
  /// Largest lag tried, in samples.
  public var maximumLag: Int
  /// Samples of a season that metrics and factors may share without having to do with each other; 0: none.
  public var season: Int
  /// Which measure of the metric is correlated.
  public var measure: Measure

  /// A measure of the metric's residuals.
  public enum Measure: String, Sendable, CaseIterable {
    /// Their normal scores.
    case ranks
    /// Their values: Pearson's correlation.
    case values
  }

  /// Fewest observations of a metric or factor, and of the rarer value of a 0/1 factor.
  public static let fewestObservations = 20
  /// Fewest observations that differ from a factor's most frequent value.
  public static let fewestChanges = 5

  /// A search; the defaults are for daily data.
  public init(maximumLag: Int = 14, season: Int = 7, measure: Measure = .ranks) {
    self.maximumLag = maximumLag
    self.season = season
    self.measure = measure
  }

  /// Tests every factor against every metric.
  ///
  /// - Parameter factors: series of n samples at equal steps, oldest first, NaN = missing; 0/1 is a factor as well.
  /// - Parameter metrics: series of the same n samples.
  /// - Returns: one test for each pair that can be tried, metric by metric; series that are too short or hardly vary
  ///   give none. All of them count as tried: correct over all (`FalseDiscoveryRate`), not over those of interest.
  /// - Throws: `InferenceError`.
  public func tests(factors: [[Double]], metrics: [[Double]]) throws(InferenceError) -> [CorrelationTest] {
    let count = try checkedCount(factors + metrics)
    guard count >= Self.fewestObservations else { return [] }
    guard maximumLag >= 0, maximumLag < count else { throw .invalidLag(maximumLag) }
    guard season >= 0 else { throw .invalidSeason(season) }
    let lagged = LaggedFactors(factors, count: count, maximumLag: maximumLag, season: season)
    var tests: [CorrelationTest] = []
    var cycles: [Int: [Cycle]] = [:]
    for (index, metric) in metrics.enumerated() {
      guard !Task.isCancelled else { throw .cancelled }
      guard var model = MetricModel(metric, factors: lagged, season: season, measure: measure) else { continue }
      tests += model.tests(metric: index) { factor in
        if let known = cycles[factor] { return known }
        let found = lagged.cycles(of: factor, in: factors)
        cycles[factor] = found
        return found
      }
    }
    return tests
  }

  private func checkedCount(_ series: [[Double]]) throws(InferenceError) -> Int {
    let count = series.first?.count ?? 0
    for (number, values) in series.enumerated() {
      guard values.count == count else { throw .unequalLengths(expected: count, found: values.count) }
      if let index = values.firstIndex(where: \.isInfinite) { throw .infiniteValue(series: number, index: index) }
    }
    return count
  }
}

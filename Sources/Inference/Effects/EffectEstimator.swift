import Glibc
import Numerics

/// The effect of an intervention on one metric: interrupted time series with autocorrelated errors, averaged over
/// what is not known.
///
/// Regression on mean, covariates, trend, season, other interventions and the effect, with AR(1) errors, perhaps under
/// measurement noise, whitened exactly over missing samples (`GapWhitening`). Neither the errors' structure, nor
/// whether there is a trend or a season, nor the course of the effect is chosen: the posterior is averaged over a grid
/// of error structures and twenty models (Hoeting, Madigan, Raftery and Volinsky 1999, *Statistical Science* 14), each
/// weighted by its marginal likelihood, which for flat priors is the restricted likelihood (Harville 1974). Flat
/// priors for mean, covariates, steps and effect; normal ones, in units of the errors' spread, for trend, season and
/// slopes; 1/σ² for the error variance.
///
/// An interval that holds one model for true covers less than it claims; a trend that is always fitted doubles its
/// width. Every model's effect is the mean over the samples from the start on, so the average means one thing.
public struct EffectEstimator: Sendable {
  /// Samples of a season; 0: none.
  public var season: Int
  /// Probability that the interval claims.
  public var level: Double

  /// Fewest observations on each side of the start.
  public static let fewestObservations = 7

  /// An estimator; the defaults are for daily data.
  public init(season: Int = 7, level: Double = 0.95) {
    self.season = season
    self.level = level
  }

  /// Estimates the mean effect over the samples from `start` to the end.
  ///
  /// - Parameter values: the metric, n samples at equal steps, oldest first, NaN = missing.
  /// - Parameter covariates: series of n samples that the intervention does not change, NaN = missing, which is filled
  ///   by their conditional mean; constant ones and ones hardly observed are left out.
  /// - Parameter start: first sample with the intervention, 0-based.
  /// - Parameter others: first samples of other interventions on the same metric; those outside of the observed time
  ///   do not matter.
  /// - Throws: `InferenceError`; too few data is said, never estimated around.
  /// - Complexity: O(grid · (n · k² + models · k³)) for k columns; below a millisecond for half a year and three
  ///   covariates.
  public func estimate(
    _ values: [Double], covariates: [[Double]] = [], start: Int, others: [Int] = []
  ) throws(InferenceError) -> EffectEstimate {
    try check(values, covariates, start)
    let observed = values.indices.filter { !values[$0].isNaN }
    let before = observed.count { $0 < start }
    let after = observed.count - before
    guard before >= Self.fewestObservations, after >= Self.fewestObservations else {
      throw .tooFewObservations(before: before, after: after, needed: Self.fewestObservations)
    }
    let disturbing = try Self.disturbing(others, start: start, observed: observed)
    let scaled = try StandardisedSeries(values, observed: observed)
    let design = EffectDesign(
      count: values.count, start: start, covariates: covariates.compactMap(Self.complete), others: disturbing,
      season: season)
    guard observed.count >= design.flatCount + 8 else {
      throw .tooManyColumns(columns: design.flatCount, observations: observed.count)
    }
    guard !Task.isCancelled else { throw .cancelled }
    guard let posterior = EffectPosterior(scaled.filled, observed: observed, design: design) else {
      throw .tooManyColumns(columns: design.flatCount, observations: observed.count)
    }
    let mixture = posterior.mixture
    let tail = (1 - level) / 2
    let negative = min(max(mixture.cumulative(0), 0), 1)
    return EffectEstimate(
      effect: mixture.mean * scaled.spread, lower: mixture.quantile(tail) * scaled.spread,
      upper: mixture.quantile(1 - tail) * scaled.spread, level: level, p: min(1, 2 * min(negative, 1 - negative)),
      standardised: mixture.mean / posterior.errorSpread, before: before, after: after, courses: posterior.courses,
      trendProbability: posterior.trendProbability, autocorrelation: posterior.autocorrelation,
      logEvidence: posterior.logEvidence)
  }

  private func check(_ values: [Double], _ covariates: [[Double]], _ start: Int) throws(InferenceError) {
    guard level > 0, level < 1 else { throw .invalidLevel(level) }
    guard season >= 0 else { throw .invalidSeason(season) }
    guard start > 0, start < values.count else { throw .startOutside(start: start, count: values.count) }
    for (number, series) in ([values] + covariates).enumerated() {
      guard series.count == values.count else { throw .unequalLengths(expected: values.count, found: series.count) }
      if let index = series.firstIndex(where: \.isInfinite) { throw .infiniteValue(series: number, index: index) }
    }
  }

  /// Starts of other interventions with observations on both sides, each once.
  private static func disturbing(
    _ others: [Int], start: Int, observed: [Int]
  ) throws(InferenceError) -> [Int] {
    var known: [Int] = []
    for other in Set(others).sorted() {
      let before = observed.count { $0 < other }
      guard before > 0, before < observed.count else { continue }
      // Observations between two starts tell them apart.
      for known in known + [start] {
        let between = observed.count { $0 >= min(known, other) && $0 < max(known, other) }
        guard between >= 3 else { throw .inseparable(start: start, other: other) }
      }
      known.append(other)
    }
    return known
  }

  /// A covariate without gaps, of spread 1; nil when there is too little of it.
  private static func complete(_ covariate: [Double]) -> [Double]? {
    let observed = covariate.indices.filter { !covariate[$0].isNaN }
    guard observed.count >= CorrelationSearch.fewestObservations,
      let scaled = try? StandardisedSeries(covariate, observed: observed)
    else { return nil }
    let mean = Matrix(rows: covariate.count, columns: [[Double](repeating: 1, count: covariate.count)])
    return ConditionalMean.deviations(scaled.values, design: mean, before: 0)
  }
}

import Glibc

/// A straight trend with an interval that knows of autocorrelation.
///
/// Least squares on the samples takes each of them for news. Where a sample resembles the one before, that makes
/// intervals far too narrow and finds trends in noise. Here the errors are autoregressive of first order with
/// correlation φ^g between samples g steps apart, so that missing samples need no filling in; φ is not fixed at one
/// value but integrated out: every φ of a grid enters with its restricted likelihood (Patterson and Thompson 1971)
/// under a uniform prior on (−0.5, 1), and the interval is that of the mixture of Student t distributions that results.
///
/// Some fifty samples hardly tell a trend from a memory of weeks, and one day's measurement noise hides the memory. The
/// samples before can tell: with a history the noise's kinds, which then may hold measurement noise, are also weighed by
/// their likelihood there, around a line of the history's own.
public struct Trend: Sendable, Equatable {
  /// Units of the series per step.
  public var slope: Double
  /// Ends of the interval of `slope`, and its level.
  public var lower: Double
  /// See `lower`.
  public var upper: Double
  /// Coverage of the interval, between 0 and 1.
  public var level: Double
  /// The line at the last sample.
  public var end: Double
  /// Two-sided p-value of a slope of 0.
  public var p: Double
  /// Mean autocorrelation of the errors of neighbours.
  public var autocorrelation: Double
  /// Samples present.
  public var count: Int

  /// Whether the interval leaves out 0.
  public var isSignificant: Bool { lower > 0 || upper < 0 }

  /// Fewest samples for a trend.
  public static let leastSamples = 8
  /// Fewest samples of a history that say something of the noise.
  public static let leastHistory = 20

  /// The trend of a series; `nil` for fewer than `leastSamples` samples present.
  /// - Parameter values: at equal steps, oldest first; NaN = missing.
  /// - Parameter history: samples before these, at the same steps; one that does not scatter, or of fewer than
  ///   `leastHistory` samples present, says nothing.
  /// - Parameter level: coverage of the interval, between 0 and 1.
  /// - Returns: for a series without scatter, an interval of no width. O(n) for each of 60 autocorrelations, or, with a
  ///   history, of 94 kinds of noise.
  public init?(of values: [Double], history: [Double] = [], level: Double = 0.95) {
    let present = values.indices.filter { values[$0].isFinite }
    guard present.count >= Self.leastSamples, level > 0, level < 1 else { return nil }
    let earlier = history.indices.filter { history[$0].isFinite }
    let isKnown =
      earlier.count >= Self.leastHistory && earlier.contains { history[$0] != history[earlier[0]] }
    let fits = (isKnown ? TrendFit.measured : TrendFit.autoregressive).compactMap {
      noise -> (fit: TrendFit, logWeight: Double)? in
      guard let fit = TrendFit(values: values, at: present, noise: noise) else { return nil }
      let weight = log(noise.prior) + fit.logLikelihood
      guard isKnown else { return (fit, weight) }
      guard let before = TrendFit(values: history, at: earlier, noise: noise) else { return nil }
      return (fit, weight + before.logLikelihood)
    }
    guard !fits.isEmpty else { return nil }
    let mixture = TrendMixture(fits)
    count = present.count
    self.level = level
    slope = mixture.mean(\.slope)
    end = mixture.mean(\.end)
    autocorrelation = mixture.mean(\.autocorrelation)
    lower = mixture.quantile((1 - level) / 2)
    upper = mixture.quantile((1 + level) / 2)
    let below = mixture.probability(below: 0)
    p = min(1, 2 * min(below, 1 - below))
  }
}

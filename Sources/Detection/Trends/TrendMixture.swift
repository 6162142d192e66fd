import Glibc
import Numerics

/// Student t distributions of a slope, one for each autocorrelation, mixed by weight.
struct TrendMixture: Sendable {
  private let fits: [TrendFit]
  private let weights: [Double]

  /// Fits by the logarithm of their weight; those that weigh less than a billionth of the heaviest are left out.
  init(_ all: [(fit: TrendFit, logWeight: Double)]) {
    let best = all.map(\.logWeight).max() ?? 0
    let kept = all.filter { $0.logWeight > best - 20 }
    let likelihoods = kept.map { exp($0.logWeight - best) }
    let total = likelihoods.reduce(0, +)
    fits = kept.map(\.fit)
    weights = likelihoods.map { $0 / total }
  }

  /// Weighted mean of what the fits say.
  func mean(_ what: (TrendFit) -> Double) -> Double {
    zip(fits, weights).reduce(0) { $0 + $1.1 * what($1.0) }
  }

  /// Chance that the slope is below a value.
  func probability(below value: Double) -> Double {
    zip(fits, weights).reduce(0) { sum, pair in
      let (fit, weight) = pair
      guard fit.error > 0 else { return sum + (value > fit.slope ? weight : 0) }
      return sum + weight * StudentT.approximateCumulative((value - fit.slope) / fit.error, degrees: fit.freedom)
    }
  }

  /// The slope below which it lies with a chance, by bisection to a billionth of a standard error.
  func quantile(_ chance: Double) -> Double {
    let spread = fits.map(\.error).max() ?? 0
    // With six degrees of freedom or more 40 standard errors hold all but 1e-8 of a t distribution.
    var low = (fits.map(\.slope).min() ?? 0) - 40 * spread
    var high = (fits.map(\.slope).max() ?? 0) + 40 * spread
    while high - low > 1e-9 * spread {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { break }
      if probability(below: middle) < chance { low = middle } else { high = middle }
    }
    return low + (high - low) / 2
  }
}

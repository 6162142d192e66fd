import Glibc

/// How far out values lie that come by chance, told by a sample of residuals whose tails may be heavy.
///
/// Student's t distributions around 0 with ν degrees of freedom, each with the scale σ of its greatest likelihood
/// (found by the EM weights (ν + 1)/(ν + (r/σ)²): Lange, Little and Taylor 1989, "Robust statistical modeling using the
/// t distribution"), mixed by likelihood under a uniform prior over a grid of ν. A hundred residuals leave ν in doubt;
/// the chance of a deviation is the mixture's, which contains that doubt, so that it is never the normal
/// distribution's alone.
public struct HeavyTail: Sendable {
  private struct Part {
    let weight: Double
    let scale: Double
    let degrees: Double
  }

  private let parts: [Part]

  /// Degrees of freedom that are tried; the last is all but normal.
  static let degrees = [2.0, 3, 4, 6, 10, 20, 200]
  /// Fewest residuals that tell a tail.
  public static let fewest = 20
  /// Steps of EM from the median's scale: the likelihood moves by less than 0.01 afterwards.
  private static let steps = 12

  /// - Parameter residuals: finite, around 0, in any order.
  /// - Returns: nil for fewer than `fewest`, or when half of them or more are 0. O(n) for each of the distributions.
  public init?(_ residuals: [Double]) {
    guard residuals.count >= Self.fewest else { return nil }
    guard let median = OrderStatistics.medianDeviation(residuals, from: 0, ofTwo: .upper), median > 0, median.isFinite
    else { return nil }
    let fits = Self.degrees.map { degrees in
      var variance = StudentT.variance(ofMedian: median, degrees: degrees)
      for _ in 0..<Self.steps {
        let weighted = residuals.reduce(0.0) { sum, r in
          sum + StudentT.weight(r, variance: variance, degrees: degrees) * r * r
        }
        variance = weighted / Double(residuals.count)
      }
      let logLikelihood = StudentT.logLikelihood(residuals, variance: variance, degrees: degrees)
      return (logLikelihood: logLikelihood, scale: variance.squareRoot(), degrees: degrees)
    }
    guard let best = fits.map(\.logLikelihood).max(), best.isFinite else { return nil }
    let total = fits.reduce(0) { $0 + exp($1.logLikelihood - best) }
    parts = fits.map { Part(weight: exp($0.logLikelihood - best) / total, scale: $0.scale, degrees: $0.degrees) }
  }

  /// Chance of a deviation at least that far from 0, either way.
  public func chance(of deviation: Double) -> Double {
    parts.reduce(0) { $0 + $1.weight * StudentT.twoSided(deviation / $1.scale, degrees: $1.degrees) }
  }
}

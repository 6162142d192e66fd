import Glibc

/// Generalised least squares of a straight line for one autocorrelation, perhaps under measurement noise.
struct TrendFit: Sendable {
  let autocorrelation: Double
  /// Per step.
  let slope: Double
  /// Standard error of `slope`.
  let error: Double
  /// The line at the last sample present.
  let end: Double
  /// n − 2.
  let freedom: Double
  /// Restricted, up to a constant.
  let logLikelihood: Double

  /// Autocorrelations: −0.5 to 0.98 by steps of 0.025, and closer to 1.
  static let grid = Array(stride(from: -0.5, to: 0.976, by: 0.025)) + [0.985]

  /// A kind of noise, and its prior probability.
  struct Noise: Sendable {
    let autocorrelation: Double
    /// Share of the variance that is new in each sample, 0 ≤ share < 1.
    let measured: Double
    let prior: Double
  }

  /// Autoregressive noise of each autocorrelation of `grid`.
  static let autoregressive = grid.map { Noise(autocorrelation: $0, measured: 0, prior: 1 / Double(grid.count)) }

  /// The same with probability 0.9; with 0.1 persistent noise, of which three or six tenths are measurement noise: day
  /// by day it looks as if it forgot soon, and over weeks it wanders.
  static let measured: [Noise] =
    autoregressive.map { Noise(autocorrelation: $0.autocorrelation, measured: 0, prior: 0.9 * $0.prior) }
    + [0.3, 0.6].flatMap { share in
      let persistent = grid.filter { $0 > 0.59 }
      return persistent.map {
        Noise(autocorrelation: $0, measured: share, prior: 0.05 / Double(persistent.count))
      }
    }

  /// `nil` where the line fits without scatter to no more than rounding and the likelihood has no bound.
  /// - Parameter present: positions of the samples that are there, ascending, three or more.
  init?(values: [Double], at present: [Int], noise: Noise) {
    let phi = noise.autocorrelation
    let middle = (Double(present[0]) + Double(present[present.count - 1])) / 2
    let level = values[present[0]]
    var sums = (one: 0.0, oneX: 0.0, xx: 0.0, oneY: 0.0, xy: 0.0, yy: 0.0)
    var logDeterminant = 0.0
    // The expected sample and its variance, given the samples so far: the Kalman filter of one state, exact over gaps.
    var expected = (one: 0.0, x: 0.0, y: 0.0)
    var uncertainty = 0.0
    for (k, i) in present.enumerated() {
      let gap = k > 0 ? i - present[k - 1] : 0
      let share = k == 0 ? 0 : gap == 1 ? phi : pow(phi, Double(gap))
      let predicted = share * share * uncertainty + (1 - share * share) * (1 - noise.measured)
      let variance = predicted + noise.measured
      let scale = 1 / variance.squareRoot()
      let gain = predicted / variance
      let news = (
        one: 1 - share * expected.one, x: Double(i) - middle - share * expected.x,
        y: values[i] - level - share * expected.y
      )
      expected = (
        share * expected.one + gain * news.one, share * expected.x + gain * news.x, share * expected.y + gain * news.y
      )
      uncertainty = predicted * (1 - gain)
      logDeterminant += log(variance)
      let (one, x, y) = (scale * news.one, scale * news.x, scale * news.y)
      sums.one += one * one
      sums.oneX += one * x
      sums.xx += x * x
      sums.oneY += one * y
      sums.xy += x * y
      sums.yy += y * y
    }
    let determinant = sums.one * sums.xx - sums.oneX * sums.oneX
    let intercept = (sums.oneY * sums.xx - sums.xy * sums.oneX) / determinant
    let slope = (sums.xy * sums.one - sums.oneY * sums.oneX) / determinant
    let freedom = Double(present.count - 2)
    // Rounding is no scatter, but without any the likelihood has no bound.
    let rounding = 1e-24 * sums.yy + .leastNormalMagnitude
    let variance = max(sums.yy - intercept * sums.oneY - slope * sums.xy, rounding) / freedom
    autocorrelation = phi
    self.slope = slope
    self.freedom = freedom
    error = (variance * sums.one / determinant).squareRoot()
    end = level + intercept + slope * (Double(present[present.count - 1]) - middle)
    logLikelihood = -0.5 * (freedom * log(variance) + log(determinant) + logDeterminant)
    guard determinant > 0, logLikelihood.isFinite else { return nil }
  }
}

import Glibc

/// Generalised least squares of a straight line for one autocorrelation.
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

  /// `nil` where the line fits without scatter to no more than rounding and the likelihood has no bound.
  init?(values: [Double], at present: [Int], autocorrelation phi: Double) {
    let middle = (Double(present[0]) + Double(present[present.count - 1])) / 2
    let level = values[present[0]]
    var sums = (one: 0.0, oneX: 0.0, xx: 0.0, oneY: 0.0, xy: 0.0, yy: 0.0)
    var logDeterminant = 0.0
    for (k, i) in present.enumerated() {
      var one = 1.0
      var x = Double(i) - middle
      var y = values[i] - level
      if k > 0 {
        // The sample before says this much of it, and leaves this variance.
        let before = present[k - 1]
        let gap = i - before
        let share = gap == 1 ? phi : pow(phi, Double(gap))
        let variance = 1 - share * share
        let scale = 1 / variance.squareRoot()
        one = (1 - share) * scale
        x = (x - share * (Double(before) - middle)) * scale
        y = (y - share * (values[before] - level)) * scale
        logDeterminant += log(variance)
      }
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

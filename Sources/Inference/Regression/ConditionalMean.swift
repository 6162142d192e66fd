import Glibc
import Numerics

/// Fills a series' gaps, and continues it to both sides, by what AR(1) deviations around a mean let expect.
///
/// The result depends on this series alone: under independence of another series, a correlation with it keeps its
/// distribution, and no day is lost to a gap.
enum ConditionalMean {
  /// Deviations from the fitted mean: `before` extrapolated samples, then the n of the series.
  /// - Parameter values: n samples, NaN = missing.
  /// - Parameter design: n rows, the columns of the mean.
  /// - Returns: nil when the columns cannot be fitted to what is observed.
  static func deviations(_ values: [Double], design: Matrix, before: Int) -> [Double]? {
    let observed = values.indices.filter { !values[$0].isNaN }
    guard observed.count > design.columns + 2 else { return nil }
    let phi = RestrictedLikelihood.phi(values, design: design, observed: observed, grid: grid)
    let whitening = GapWhitening(observed: observed, phi: phi)
    var columns = whitening(design)
    columns.append(whitening(values))
    guard let fit = AugmentedCholesky(columns.gram().values, size: columns.columns) else { return nil }
    var rest = values
    for (j, beta) in fit.coefficients().enumerated() {
      for (t, x) in design[column: j].enumerated() { rest[t] -= beta * x }
    }
    return filled(rest, observed: observed, phi: phi, before: before)
  }

  /// A mean that is known to be zero, the same way.
  /// - Parameter observed: not empty, ascending.
  static func filled(_ deviations: [Double], observed: [Int], phi: Double, before: Int) -> [Double] {
    var result = [Double](repeating: 0, count: before) + deviations
    for (left, right) in zip(observed, observed.dropFirst()) where right - left > 1 {
      let gap = right - left
      for k in 1..<gap {
        // Weights of the two ends for the point k steps after the left one.
        let total = 1 - pow(phi, Double(2 * gap))
        let fromLeft = pow(phi, Double(k)) * (1 - pow(phi, Double(2 * (gap - k)))) / total
        let fromRight = pow(phi, Double(gap - k)) * (1 - pow(phi, Double(2 * k))) / total
        result[before + left + k] = fromLeft * deviations[left] + fromRight * deviations[right]
      }
    }
    if let first = observed.first, let last = observed.last {
      for t in 0..<(before + first) { result[t] = deviations[first] * pow(phi, Double(before + first - t)) }
      for t in (last + 1)..<max(deviations.count, last + 1) {
        result[before + t] = deviations[last] * pow(phi, Double(t - last))
      }
    }
    return result
  }

  private static let grid = (0...10).map { Double($0) * 0.09 } + [0.96, 0.985]
}

import Glibc
import Numerics

/// Restricted maximum likelihood of the coefficient of AR(1) errors (Patterson and Thompson 1971; Harville 1974).
///
/// Maximum likelihood takes the fitted mean for the true one and finds φ too small; with a trend, a season and some
/// factors in sixty days that is enough to call noise significant.
enum RestrictedLikelihood {
  /// −½ (log |Ω| + log |XᵀΩ⁻¹X| + ν log RSS), up to a constant; −∞ where the columns are collinear.
  /// - Parameter design: n rows, the columns of the mean.
  static func value(_ y: [Double], design: Matrix, observed: [Int], phi: Double) -> Double {
    let whitening = GapWhitening(observed: observed, phi: phi)
    var columns = whitening(design)
    columns.append(whitening(y))
    guard let fit = AugmentedCholesky(columns.gram().values, size: columns.columns), fit.residualSumOfSquares > 0 else {
      return -.infinity
    }
    let degrees = Double(observed.count - design.columns)
    return -0.5 * (whitening.logDeterminant + fit.logDeterminant + degrees * log(fit.residualSumOfSquares))
  }

  /// The φ of a grid with the highest likelihood, the first of equals; 0 when there is none.
  static func phi(_ y: [Double], design: Matrix, observed: [Int], grid: [Double]) -> Double {
    var best = 0.0
    var bestValue = -Double.infinity
    for phi in grid {
      let value = value(y, design: design, observed: observed, phi: phi)
      if value > bestValue { (best, bestValue) = (phi, value) }
    }
    return best
  }
}

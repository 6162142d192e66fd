import COpenBLAS
import Glibc

/// Least squares by one factorisation: the Cholesky factor of the cross-products of [X y], y last.
///
/// Its last pivot is the root of the residual sum of squares; the pivot before it and the number beside it give the
/// last coefficient and its variance, without solving for the others.
package struct AugmentedCholesky {
  /// log |XᵀX|.
  package let logDeterminant: Double
  /// Σ(y − Xβ)².
  package let residualSumOfSquares: Double
  /// The coefficient of the last column of X.
  package let lastCoefficient: Double
  /// Its variance in units of the error variance.
  package let lastVariance: Double
  private let factor: [Double]
  private let size: Int

  /// nil when the columns are collinear.
  /// - Parameter products: lower triangle of the cross-products, k + 1 columns of k + 1 numbers, y last; k ≥ 1.
  package init?(_ products: consuming [Double], size: Int) {
    Matrix.prepare()
    var order = Int32(size)
    var info: Int32 = 0
    var stride = order
    // The pivots of what is collinear are rounding errors of what stood there.
    var floors = [Double](repeating: 0, count: size)
    for k in 0..<size { floors[k] = products[k + k * size] * 1e-12 }
    dpotrf_("L", &order, &products, &stride, &info)
    guard info == 0 else { return nil }
    var logs = 0.0
    for k in 0..<(size - 1) {
      let pivot = products[k + k * size]
      guard pivot * pivot > floors[k] else { return nil }
      logs += log(pivot)
    }
    logDeterminant = 2 * logs
    let residual = products[size * size - 1]
    residualSumOfSquares = residual * residual
    let pivot = products[(size - 2) * (size + 1)]
    lastCoefficient = products[size - 1 + (size - 2) * size] / pivot
    lastVariance = 1 / (pivot * pivot)
    factor = products
    self.size = size
  }

  /// β, by back substitution.
  package func coefficients() -> [Double] {
    let k = size - 1
    var beta = [Double](repeating: 0, count: k)
    for j in stride(from: k - 1, through: 0, by: -1) {
      var sum = factor[k + j * size]
      for i in (j + 1)..<max(k, j + 1) { sum -= factor[i + j * size] * beta[i] }
      beta[j] = sum / factor[j + j * size]
    }
    return beta
  }
}

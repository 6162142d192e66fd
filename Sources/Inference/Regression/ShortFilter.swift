import Glibc
import Numerics

/// A short autoregressive filter for what AR(1) leaves: measurement noise, a second time constant.
///
/// Coefficients by the recursion of Levinson and Durbin from sample autocovariances, order 0…4 by BIC: for true AR(1)
/// errors nearly always 0, and then nothing is changed.
struct ShortFilter {
  /// a₁ … a_p of x_t − Σ a_k x_{t−k}.
  let coefficients: [Double]

  /// - Parameter residuals: nearly white, mean near 0; gaps between them are ignored.
  init(residuals: [Double]) {
    let count = residuals.count
    let longest = min(8, count / 12)
    func covariance(_ lag: Int) -> Double {
      var sum = 0.0
      for t in lag..<max(count, lag) { sum += residuals[t] * residuals[t - lag] }
      return sum / Double(count)
    }
    let covariances = (0...max(longest, 0)).map(covariance)
    var best: [Double] = []
    var coefficients: [Double] = []
    var variance = covariances[0]
    guard variance > 0 else {
      self.coefficients = []
      return
    }
    var bestCriterion = Double(count) * log(variance)
    for order in 1..<max(longest + 1, 1) {
      var rest = covariances[order]
      for k in 0..<coefficients.count { rest -= coefficients[k] * covariances[order - 1 - k] }
      let reflection = rest / variance
      let previous = coefficients
      for k in 0..<previous.count { coefficients[k] = previous[k] - reflection * previous[previous.count - 1 - k] }
      coefficients.append(reflection)
      variance *= 1 - reflection * reflection
      guard variance > 0 else { break }
      let criterion = Double(count) * log(variance) + 2 * Double(order) * Double(count) / Double(count - order - 2)
      if criterion < bestCriterion { (best, bestCriterion) = (coefficients, criterion) }
    }
    self.coefficients = best
  }

  /// Filters every column; the first p rows are lost.
  func callAsFunction(_ matrix: Matrix) -> Matrix {
    guard !coefficients.isEmpty else { return matrix }
    let p = coefficients.count
    var result = Matrix(rows: matrix.rows - p, columns: 0)
    for j in 0..<matrix.columns { result.append(filtered(matrix[column: j], p)) }
    return result
  }

  private func filtered(_ column: ArraySlice<Double>, _ p: Int) -> [Double] {
    let start = column.startIndex
    return (p..<column.count).map { t in
      var value = column[start + t]
      for k in 0..<p { value -= coefficients[k] * column[start + t - 1 - k] }
      return value
    }
  }
}

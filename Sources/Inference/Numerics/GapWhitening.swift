import Glibc

/// Turns autoregressive errors of order one, seen on some samples only, into independent ones of equal variance.
///
/// Over a gap of g steps the error is φᵍ times the last seen plus noise of variance (1 − φ²ᵍ)/(1 − φ²): the exact
/// likelihood without filling in (Jones 1980, *Technometrics* 22).
struct GapWhitening {
  /// Observed samples, ascending.
  let observed: [Int]
  /// The autoregressive coefficient, strictly between −1 and 1.
  let phi: Double
  /// log |Ω| of the errors with an innovation variance of one.
  let logDeterminant: Double
  /// φᵍ of each observation and the one before it; the first is 0.
  private let decay: [Double]
  /// What brings each innovation to unit variance.
  private let scale: [Double]

  init(observed: [Int], phi: Double) {
    self.observed = observed
    self.phi = phi
    let stationary = 1 - phi * phi
    var decay = [Double](repeating: 0, count: observed.count)
    var scale = [Double](repeating: stationary.squareRoot(), count: observed.count)
    var logs = 0.0
    for k in observed.indices.dropFirst() {
      let gap = observed[k] - observed[k - 1]
      if gap == 1 {
        decay[k] = phi
        scale[k] = 1
      } else {
        decay[k] = pow(phi, Double(gap))
        let variance = (1 - decay[k] * decay[k]) / stationary
        scale[k] = 1 / variance.squareRoot()
        logs += log(variance)
      }
    }
    self.decay = decay
    self.scale = scale
    logDeterminant = logs - log(stationary)
  }

  /// Whitens a column; its values at unobserved samples do not matter.
  func callAsFunction(_ column: some RandomAccessCollection<Double>) -> [Double] {
    column.withContiguousStorageIfAvailable { whitened($0) } ?? Array(column).withUnsafeBufferPointer { whitened($0) }
  }

  /// Whitens every column: n rows become one for each observation.
  func callAsFunction(_ matrix: Matrix) -> Matrix {
    var result = Matrix(rows: observed.count, columns: 0)
    result.values.reserveCapacity(observed.count * matrix.columns)
    for j in 0..<matrix.columns { result.append(self(matrix[column: j])) }
    return result
  }

  private func whitened(_ column: UnsafeBufferPointer<Double>) -> [Double] {
    [Double](unsafeUninitializedCapacity: observed.count) { out, count in
      var last = 0.0
      for k in observed.indices {
        let value = column[observed[k]]
        out[k] = (value - decay[k] * last) * scale[k]
        last = value
      }
      count = observed.count
    }
  }
}

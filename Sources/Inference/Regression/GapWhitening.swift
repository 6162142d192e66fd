import Glibc
import Numerics

/// Turns autoregressive errors of order one, seen on some samples only and perhaps through measurement noise, into
/// independent ones of equal variance.
///
/// Over a gap of g steps the error is φᵍ times the last one plus noise of variance (1 − φ²ᵍ)/(1 − φ²): a Kalman filter
/// of one state gives the exact likelihood without filling in (Jones 1980, *Technometrics* 22).
struct GapWhitening {
  /// Observed samples, ascending.
  let observed: [Int]
  /// The autoregressive coefficient, strictly between −1 and 1.
  let phi: Double
  /// log |Ω| of the errors, whose variance is 1/(1 − φ²) whatever the noise.
  let logDeterminant: Double
  /// φᵍ of each observation and the one before it; the first is 0.
  private let decay: [Double]
  /// How much of each innovation belongs to the state and not to the noise; 1 without noise.
  private let gain: [Double]
  /// The factor that brings each innovation to unit variance.
  private let scale: [Double]

  /// - Parameter noiseShare: share of the errors' variance that is independent from sample to sample, 0 ≤ share < 1.
  init(observed: [Int], phi: Double, noiseShare: Double = 0) {
    self.observed = observed
    self.phi = phi
    let total = 1 / (1 - phi * phi)
    let noise = noiseShare * total
    var decay = [Double](repeating: 0, count: observed.count)
    var gain = [Double](repeating: 1, count: observed.count)
    var scale = [Double](repeating: 0, count: observed.count)
    var logs = 0.0
    // Variance of the state, given the observations so far.
    var uncertainty = 0.0
    for k in observed.indices {
      if k > 0 {
        let gap = observed[k] - observed[k - 1]
        decay[k] = gap == 1 ? phi : pow(phi, Double(gap))
      }
      let step = decay[k] * decay[k]
      let predicted = step * uncertainty + (1 - step) * (total - noise)
      let innovation = predicted + noise
      gain[k] = noise > 0 ? predicted / innovation : 1
      uncertainty = predicted * (1 - gain[k])
      scale[k] = 1 / innovation.squareRoot()
      logs += log(innovation)
    }
    self.decay = decay
    self.gain = gain
    self.scale = scale
    logDeterminant = logs
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
      var state = 0.0
      for k in observed.indices {
        let predicted = decay[k] * state
        let innovation = column[observed[k]] - predicted
        out[k] = innovation * scale[k]
        state = predicted + gain[k] * innovation
      }
      count = observed.count
    }
  }
}

import Glibc

/// The exact prediction errors of an ARMA process over a sample, and with them its Gaussian likelihood.
///
/// The state space form of Harvey (1989, section 3.3). A sample without gaps is filtered by the recursions of Morf,
/// Sidhu and Kailath (1974; Herbst 2015, Econometric Reviews 34(5)), which update a vector instead of the covariance
/// matrix, O(n · r), and nothing once that vector has vanished; one with gaps by the Kalman filter, O(n · r²), which
/// skips what is missing.
struct ARMAFilter {
  private let process: ARMAProcess
  /// φ padded to the state.
  private let phi: [Double]
  /// Covariance of the first state with its first element.
  private let column: [Double]

  /// `nil` when the process is not stationary.
  init?(_ process: ARMAProcess) {
    guard let column = process.stationaryColumn(), column[0] >= 0.5, column[0].isFinite else { return nil }
    self.process = process
    self.column = column
    phi = process.autoregression + [Double](repeating: 0, count: process.stateCount - process.autoregression.count)
  }

  /// Sums that the likelihood is made of, of a sample and, in the second lane, of a regressor.
  struct Sums {
    /// Σ v² / F of the sample.
    var squares = 0.0
    /// Σ v u / F, u being the regressor's errors.
    var cross = 0.0
    /// Σ u² / F.
    var regressor = 0.0
    /// Σ log F.
    var logDeterminant = 0.0
    /// Present samples.
    var count = 0
  }

  /// Filters a sample; NaN = missing.
  /// - Parameter regressor: lane 1 of each sample is filtered with the same gains (0 where there is none).
  /// - Parameter each: told of each present sample: index, both errors, the error's variance F.
  /// - Returns: the sums and the predicted state after the last sample.
  func run(
    _ samples: [SIMD2<Double>], _ each: (Int, SIMD2<Double>, Double) -> Void = { _, _, _ in }
  ) -> (sums: Sums, state: [SIMD2<Double>]) {
    samples.contains { $0.x.isNaN } ? runWithGaps(samples, each) : runWithoutGaps(samples, each)
  }

  private func runWithoutGaps(
    _ samples: [SIMD2<Double>], _ each: (Int, SIMD2<Double>, Double) -> Void
  ) -> (sums: Sums, state: [SIMD2<Double>]) {
    let r = phi.count
    var sums = Sums()
    var state = [SIMD2<Double>](repeating: .zero, count: r + 1)
    // K = T P Z′, and W W′ M the change of P from one step to the next; the last element stays zero.
    var gain = shifted(column) + [0]
    var change = gain
    let first = column[0]
    var f = first
    var isSteady = false
    var logRun = 1.0
    for t in samples.indices {
      let v = samples[t] - state[0]
      sums.squares += v.x * v.x / f
      sums.cross += v.x * v.y / f
      sums.regressor += v.y * v.y / f
      each(t, v, f)
      // One logarithm for many factors, which are at least about one.
      logRun *= f
      if logRun > 1e100 {
        sums.logDeterminant += log(logRun)
        logRun = 1
      }
      let head = state[0]
      let scaled = v / f
      for i in 0..<r { state[i] = phi[i] * head + state[i + 1] + gain[i] * scaled }
      if isSteady { continue }
      let w = change[0]
      let m = -f / (first * first)
      // F falls to one, never below.
      let next = max(f + w * w * m, 1)
      var size = 0.0
      for i in 0..<r {
        let moved = phi[i] * w + change[i + 1]
        gain[i] += moved * m * w
        change[i] = moved - gain[i] * w / next
        size += change[i] * change[i]
      }
      f = next
      isSteady = size * abs(m) < 1e-16
    }
    sums.logDeterminant += log(logRun)
    sums.count = samples.count
    state.removeLast()
    return (sums, state)
  }

  func runWithGaps(
    _ samples: [SIMD2<Double>], _ each: (Int, SIMD2<Double>, Double) -> Void
  ) -> (sums: Sums, state: [SIMD2<Double>]) {
    let r = phi.count
    let width = r + 1
    let noise = [1] + process.movingAverage + [Double](repeating: 0, count: r - 1 - process.movingAverage.count)
    var sums = Sums()
    var state = [SIMD2<Double>](repeating: .zero, count: r + 1)
    // The covariance has a last row and column of zeros, so that T needs no case of its own.
    var p = stationaryCovariance(noise)
    var gain = [Double](repeating: 0, count: r)
    var row = [Double](repeating: 0, count: width)
    for t in samples.indices {
      let head = state[0]
      let isPresent = !samples[t].x.isNaN
      let f = max(p[0], 1)
      var scaled = SIMD2<Double>.zero
      for i in 0..<width { row[i] = p[i] }
      if isPresent {
        let v = samples[t] - head
        sums.squares += v.x * v.x / f
        sums.cross += v.x * v.y / f
        sums.regressor += v.y * v.y / f
        sums.logDeterminant += log(f)
        sums.count += 1
        each(t, v, f)
        scaled = v / f
        for i in 0..<r { gain[i] = phi[i] * row[0] + row[i + 1] }
      }
      for i in 0..<r { state[i] = phi[i] * head + state[i + 1] + (isPresent ? gain[i] * scaled : .zero) }
      p.withUnsafeMutableBufferPointer { p in
        for i in 0..<r {
          for j in 0..<r {
            var value = phi[i] * (phi[j] * row[0] + row[j + 1]) + phi[j] * row[i + 1]
            value += p[(i + 1) * width + j + 1] + noise[i] * noise[j]
            if isPresent { value -= gain[i] * gain[j] / f }
            p[i * width + j] = value
          }
        }
      }
    }
    state.removeLast()
    return (sums, state)
  }

  /// T x, without the last element of zero.
  private func shifted(_ x: [Double]) -> [Double] {
    x.indices.map { phi[$0] * x[0] + ($0 + 1 < x.count ? x[$0 + 1] : 0) }
  }

  /// P = T P T′ + R R′ solved from its first column outwards, with a border of zeros.
  private func stationaryCovariance(_ noise: [Double]) -> [Double] {
    let r = phi.count
    let width = r + 1
    var p = [Double](repeating: 0, count: width * width)
    for i in 0..<r {
      p[i * width] = column[i]
      p[i] = column[i]
    }
    for i in stride(from: r - 1, through: 1, by: -1) {
      for j in stride(from: r - 1, through: 1, by: -1) {
        let right = j + 1 < r ? column[j + 1] : 0
        let below = i + 1 < r ? column[i + 1] : 0
        p[i * width + j] =
          phi[i] * (phi[j] * column[0] + right) + phi[j] * below + p[(i + 1) * width + j + 1] + noise[i] * noise[j]
      }
    }
    return p
  }
}

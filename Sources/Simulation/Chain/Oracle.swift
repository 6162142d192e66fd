import Glibc
import Numerics

/// Knows everything about a metric except how strongly its causes act: a fact that it would find is findable.
///
/// The oracle knows the noise's structure and which causes there are, with their lags, days and courses. It estimates
/// their sizes, together with mean, week and a straight trend, by generalised least squares on the recorded days, and
/// tests one of them.
/// The test's signal-to-noise ratio is
///
///     δ = |size| · ‖x̃‖,  x̃ = the cause's course, whitened by the noise's covariance, less what the others explain
///
/// and its power Φ(δ − z) at the two-sided level α, z = Φ⁻¹(1 − α/2). α is what Benjamini and Hochberg's procedure at
/// 5 % comes to when k of m tried things are there and all are found: α = 0.05 k / m. A thing that is searched among
/// lags or days counts as often as there are lags or days.
package struct Oracle {
  private let whitening: ExactWhitening
  private let nuisance: [[Double]]

  /// Power from which a fact counts as findable.
  package static let power = 0.8
  /// Rate of false discoveries that it allows itself.
  package static let rate = 0.05

  /// - Parameter other: courses of everything else that acts on the metric.
  /// - Parameter newest: only so many days, the newest; nil = all.
  /// - Parameter allowsForTrend: a straight trend may be there.
  package init(_ metric: SimulatedMetric, other: [[Double]], newest: Int? = nil, allowsForTrend: Bool = true) {
    let days = metric.recorded.count
    let first = newest.map { max(0, metric.recorded.count - $0) } ?? 0
    whitening = ExactWhitening(
      metric.noise, isObserved: metric.recorded.enumerated().map { $0.offset >= first && !$0.element.isNaN })
    var columns = [[Double](repeating: 1, count: days)]
    if allowsForTrend { columns.append((0..<days).map { Double($0) / Double(days) - 0.5 }) }
    if metric.weekly {
      for wave in 1...2 {
        for phase in [0, Double.pi / 2] {
          columns.append((0..<days).map { sin(2 * .pi * Double($0 * wave) / 7 + phase) })
        }
      }
    }
    var basis: [[Double]] = []
    for column in columns + other {
      let whitened = whitening(column)
      let rest = Self.rest(whitened, basis)
      let size = Self.norm(rest)
      if size > 1e-9 * max(Self.norm(whitened), 1e-300) { basis.append(rest.map { $0 / size }) }
    }
    nuisance = basis
  }

  /// δ of a cause of this course and size.
  package func signal(_ course: [Double], size: Double) -> Double {
    abs(size) * Self.norm(Self.rest(whitening(course), nuisance))
  }

  /// Whether the power at this signal suffices when `there` of `tried` things are there.
  package static func finds(_ signal: Double, there: Int, tried: Int) -> Bool {
    let level = rate * Double(max(1, there)) / Double(max(1, tried))
    return signal - NormalDistribution.quantile(1 - level / 2) >= NormalDistribution.quantile(power)
  }

  private static func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  private static func rest(_ x: [Double], _ basis: [[Double]]) -> [Double] {
    var rest = x
    for column in basis {
      let product = zip(rest, column).reduce(0) { $0 + $1.0 * $1.1 }
      for i in rest.indices { rest[i] -= product * column[i] }
    }
    return rest
  }
}

/// Turns a series into what its noise brings new each day, in standard deviations: the Kalman filter of an
/// autoregression under measurement noise (Harvey 1989, section 3.2), exact over missing days.
package struct ExactWhitening {
  private let autocorrelation: Double
  private let isObserved: [Bool]
  /// Of observed days, 0 elsewhere.
  private let gains: [Double]
  private let deviations: [Double]

  package init(_ noise: SimulatedNoise, isObserved: [Bool]) {
    autocorrelation = noise.autocorrelation
    self.isObserved = isObserved
    let phi = noise.autocorrelation
    let stationary = noise.spread * noise.spread
    var variance = stationary
    var gains: [Double] = []
    var deviations: [Double] = []
    for (day, observed) in isObserved.enumerated() {
      if day > 0 { variance = phi * phi * variance + (1 - phi * phi) * stationary }
      let total = variance + noise.measurement * noise.measurement
      gains.append(observed ? variance / total : 0)
      deviations.append(total.squareRoot())
      if observed { variance *= 1 - variance / total }
    }
    self.gains = gains
    self.deviations = deviations
  }

  /// One number for each observed day.
  package func callAsFunction(_ column: [Double]) -> [Double] {
    var state = 0.0
    var whitened: [Double] = []
    for day in column.indices {
      if day > 0 { state *= autocorrelation }
      guard isObserved[day] else { continue }
      let news = column[day] - state
      whitened.append(news / deviations[day])
      state += gains[day] * news
    }
    return whitened
  }
}

import Glibc

/// Exponential smoothing in innovations form, ETS (Hyndman, Koehler, Ord, Snyder 2008), with additive errors and an
/// additive, damped or absent trend, and an additive or absent season; or, with a multiplicative season,
/// multiplicative errors (a relative error of constant spread).
///
///     additive        y_t = ℓ + φ b + s + e,   ℓ' = ℓ + φ b + α e,  b' = φ b + β e,  s' = s + γ e
///     multiplicative  y_t = (ℓ + φ b) s (1 + e),  ℓ' = (ℓ + φ b)(1 + α e),  b' = φ b + β (ℓ + φ b) e,  s' = s (1 + γ e)
///
/// Smoothing parameters maximise the likelihood (with a prior of the slope's, see `slopePrior`) by a simplex search in the admissible box 0 < α < 1, 0 < β < α,
/// 0 < γ < 1 - α, .8 ≤ φ ≤ .98. With additive errors the initial level and slope enter the errors linearly and are
/// solved in closed form within each pass, so they are the most likely ones without being searched. The
/// initial season is that of a classical decomposition of the first cycles.
public struct ExponentialSmoothing: ForecastModel, Equatable {
  /// How the level moves on its own.
  public enum Trend: Sendable, Equatable {
    /// Not at all.
    case none
    /// By a slope.
    case additive
    /// By a slope that fades.
    case damped
  }

  /// How the season enters.
  public enum Season: Sendable, Equatable {
    /// Not at all.
    case none
    /// Adds to the level.
    case additive(period: Int)
    /// Multiplies the level; all values must be positive.
    case multiplicative(period: Int)
  }

  /// The trend.
  public var trend: Trend
  /// The season.
  public var season: Season

  /// An exponential smoothing model.
  public init(trend: Trend, season: Season = .none) {
    self.trend = trend
    self.season = season
  }

  /// Such as `damped trend` or `damped trend, additive season`.
  public var name: String {
    let base =
      switch trend {
      case .none: "simple smoothing"
      case .additive: "linear trend"
      case .damped: "damped trend"
      }
    return switch season {
    case .none: base
    case .additive: base + ", additive season"
    case .multiplicative: base + ", multiplicative season"
    }
  }

  /// Needs two present values, or two whole cycles with a season.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    let present = try checkValues(values, needed: 2)
    if case .multiplicative = season, let index = values.firstIndex(where: { $0 <= 0 }) {
      throw .nonPositiveValue(index: index)
    }
    guard let fit = fitted(values, previous: previous, isKept: false) else {
      throw .tooFewValues(needed: max(2 * period, 2), present: present)
    }
    return fit
  }

  /// Keeps the smoothing parameters; the initial states are solved again.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    let present = try checkValues(values, needed: 2)
    if case .multiplicative = season, let index = values.firstIndex(where: { $0 <= 0 }) {
      throw .nonPositiveValue(index: index)
    }
    guard let fit = self.fitted(values, previous: fitted, isKept: true) else {
      throw .tooFewValues(needed: max(2 * period, 2), present: present)
    }
    return fit
  }

  var period: Int {
    switch season {
    case .none: 1
    case .additive(let period), .multiplicative(let period): max(period, 2)
    }
  }

  /// Weight of log(1 − β/α) beside the log-likelihood, which makes a Beta(1, 13) prior of that share: a slope that
  /// runs after every change is taken only where a long history asks for it.
  static let slopePrior = 12.0

  private func penalty(_ x: SIMD4<Double>) -> Double {
    trend == .none ? 0 : -2 * Self.slopePrior * log(1 - x[1])
  }

  /// Cycles from which the initial season is taken.
  static let initialCycles = 4

  /// `nil` when the initial season cannot be found.
  private func fitted(_ values: [Double], previous: Fitted?, isKept: Bool) -> Fitted? {
    let kept = isKept ? previous?.searched : nil
    var initial: [Double] = []
    let isMultiplicative: Bool
    if case .multiplicative = season { isMultiplicative = true } else { isMultiplicative = false }
    if season != .none {
      let early = values.prefix(max(Self.initialCycles * period, 2 * period + 1))
      let indices =
        SeasonalIndices(classical: early, period: period, isMultiplicative: isMultiplicative)
        ?? SeasonalIndices(classical: values[...], period: period, isMultiplicative: isMultiplicative)
      guard let indices else { return nil }
      initial = indices.values
    }
    let shift = isMultiplicative ? 0 : (values.first { !$0.isNaN } ?? 0)
    let box = box
    let present = values.reduce(0) { $0 + ($1.isNaN ? 0 : 1) }
    return values.withUnsafeBufferPointer { y in
      if isMultiplicative {
        var pass = MultiplicativePass(values: y, initial: initial, hasTrend: trend != .none)
        let start = pass.start
        let best =
          kept
          ?? search(box, from: previous?.searched, isLong: values.count > 60) { x in
            pass.deviance(parameters(x), start: start) + penalty(x)
          }
        let states = pass.states(parameters(best), start: start)
        return Fitted(model: self, searched: best, parameters: parameters(best), start: start, shift: 0, states: states)
      }
      var pass = AdditivePass(values: y, shift: shift, initial: initial, hasTrend: trend != .none)
      // With a season the derivatives live on in it, and carrying them would treble the work: the search keeps the
      // best start of its first point, and the last pass solves for it again.
      let first = season == .none ? nil : pass.profile(parameters(previous?.searched ?? box.start))
      let best =
        kept
        ?? search(box, from: previous?.searched, isLong: values.count > 60) { x in
          let squares =
            first.map { pass.squares(parameters(x), level: $0.level, slope: $0.slope) }
            ?? pass.profile(parameters(x)).squares
          return Double(present) * log(max(squares, 1e-300)) + penalty(x)
        }
      let solution = pass.profile(parameters(best))
      let start = SIMD2(solution.level, solution.slope)
      let states = pass.states(parameters(best), start: start)
      return Fitted(
        model: self, searched: best, parameters: parameters(best), start: start, shift: shift, states: states)
    }
  }

  /// Lanes searched, in order: α, β/α, γ/(1-α), φ; absent ones are left out by `parameters`.
  private var box: (low: SIMD4<Double>, high: SIMD4<Double>, start: SIMD4<Double>, step: SIMD4<Double>, count: Int) {
    var low: [Double] = [0.001]
    var high: [Double] = [0.999]
    var start: [Double] = [season == .none ? 0.5 : 0.2]
    var step: [Double] = [season == .none ? -0.3 : 0.2]
    if trend != .none {
      low.append(0.0001)
      high.append(0.999)
      start.append(0.1)
      step.append(0.2)
    }
    if season != .none {
      low.append(0.0001)
      high.append(0.999)
      start.append(0.05)
      step.append(0.15)
    }
    if trend == .damped {
      low.append(0.8)
      high.append(0.98)
      start.append(0.95)
      step.append(-0.06)
    }
    func lanes(_ x: [Double]) -> SIMD4<Double> {
      var lanes = SIMD4<Double>.zero
      for (i, value) in x.enumerated() { lanes[i] = value }
      return lanes
    }
    return (lanes(low), lanes(high), lanes(start), lanes(step), low.count)
  }

  private func parameters(_ x: SIMD4<Double>) -> Parameters {
    let hasTrend = trend != .none
    let hasSeason = season != .none
    let alpha = x[0]
    let beta = hasTrend ? alpha * x[1] : 0
    let gamma = hasSeason ? (1 - alpha) * x[hasTrend ? 2 : 1] : 0
    let phi =
      switch trend {
      case .none: 0.0
      case .additive: 1.0
      case .damped: x[hasSeason ? 3 : 2]
      }
    return Parameters(alpha: alpha, beta: beta, gamma: gamma, phi: phi)
  }

  private func search(
    _ box: (low: SIMD4<Double>, high: SIMD4<Double>, start: SIMD4<Double>, step: SIMD4<Double>, count: Int),
    from previous: SIMD4<Double>?, isLong: Bool, _ objective: (SIMD4<Double>) -> Double
  ) -> SIMD4<Double> {
    if box.count == 1 {
      let best = Minimise.scalar(in: box.low[0]...box.high[0], grid: 9, refinements: 14) {
        objective(SIMD4($0, 0, 0, 0))
      }
      return SIMD4(best.x, 0, 0, 0)
    }
    let isWarm = isLong && previous != nil
    return Minimise.simplex(
      start: isWarm ? previous ?? box.start : box.start, step: isWarm ? 0.4 * box.step : box.step, low: box.low,
      high: box.high,
      dimensions: box.count, evaluations: (isWarm ? 6 : 15) * box.count, tolerance: 0.02, objective
    ).x
  }

  /// α, β, γ, φ.
  struct Parameters: Sendable {
    var alpha: Double
    var beta: Double
    var gamma: Double
    var phi: Double
  }

  /// Where a pass ended.
  struct States: Sendable {
    var level: Double
    var slope: Double
    /// By phase.
    var season: [Double]
    var residuals: [Double]
    var steps: Int
    /// −2 log-likelihood without constants: n log(Σe²) + 2 Σ log|scale| as in the source.
    var deviance: Double
    var count: Int
  }
}

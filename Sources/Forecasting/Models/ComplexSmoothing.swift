import Glibc

/// Complex exponential smoothing, CES (Svetunkov, Kourentzes, Ord 2022, Naval Research Logistics 69(8)): level and
/// "information potential" are the two parts of one complex state, so that a trend needs no component of its own.
///
///     y_t = ℓ + d + e,   ℓ' = ℓ − (1 − α₁) c + (α₀ − α₁) e,   c' = ℓ + (1 − α₀) c + (α₀ + α₁) e
///
/// and, with a full season, the same recursion with β₀, β₁ for (d, p) over one cycle. With a partial season
/// d' = d + β₀ e; without one d = 0. Parameters minimise the squared errors by a simplex search; the initial ℓ and c
/// enter the errors linearly and are solved in closed form within each pass; the initial season is that of a classical
/// decomposition of the first cycles.
public struct ComplexSmoothing: ForecastModel {
  /// How the season enters.
  public enum Season: Sendable, Equatable {
    /// Not at all.
    case none
    /// Additively, with one smoothing parameter.
    case partial(period: Int)
    /// With a complex state and parameter of its own: the season may change in shape and size.
    case full(period: Int)
  }

  /// The season.
  public var season: Season

  /// A complex exponential smoothing model.
  public init(season: Season = .none) {
    self.season = season
  }

  /// Such as `complex smoothing` or `complex smoothing, full season`.
  public var name: String {
    switch season {
    case .none: "complex smoothing"
    case .partial: "complex smoothing, partial season"
    case .full: "complex smoothing, full season"
    }
  }

  var period: Int {
    switch season {
    case .none: 1
    case .partial(let period), .full(let period): max(period, 2)
    }
  }

  /// Needs three present values, or two whole cycles with a season.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    try fit(values, from: previous?.parametersSearched, isKept: false)
  }

  /// Keeps the smoothing parameters; the initial level and potential are solved again.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    try fit(values, from: fitted.parametersSearched, isKept: true)
  }

  private func fit(
    _ values: [Double], from previous: SIMD4<Double>?, isKept: Bool
  ) throws(ForecastingError) -> Fitted {
    let present = try checkValues(values, needed: 3)
    var initial: [Double] = []
    if season != .none {
      let early = values.prefix(max(ExponentialSmoothing.initialCycles * period, 2 * period + 1))
      guard
        let indices = SeasonalIndices(classical: early, period: period, isMultiplicative: false)
          ?? SeasonalIndices(classical: values[...], period: period, isMultiplicative: false)
      else { throw .tooFewValues(needed: 2 * period, present: present) }
      initial = indices.values
    }
    var isFull = false
    if case .full = season { isFull = true }
    var dimensions = 2
    if season != .none { dimensions = isFull ? 4 : 3 }
    return values.withUnsafeBufferPointer { y in
      var pass = Pass(values: y, initial: initial, isFull: isFull)
      let best: SIMD4<Double>
      if isKept, let previous {
        best = previous
      } else {
        let isWarm = values.count > 60 && previous != nil
        best =
          Minimise.simplex(
            start: isWarm ? previous ?? Self.start(isFull) : Self.start(isFull),
            step: isWarm ? SIMD4(0.1, 0.005, 0.05, 0.005) : SIMD4(-0.3, -0.01, 0.3, -0.01),
            low: SIMD4(0.01, 0.01, isFull ? 0.01 : 0, 0.01), high: SIMD4(1.8, 1.9, isFull ? 1.8 : 1, 1.9),
            dimensions: dimensions, evaluations: (isWarm ? 10 : 30) * dimensions, tolerance: 0.02
          ) { x in
            guard Self.isAdmissible(x[0], x[1]), !isFull || Self.isAdmissible(x[2], x[3]) else { return .infinity }
            let squares = pass.profile(x).squares
            return squares.isFinite ? Double(present) * log(max(squares, 1e-300)) : .infinity
          }.x
      }
      let solution = pass.profile(best)
      let states = pass.states(best, level: solution.level, potential: solution.potential)
      return Fitted(model: self, parametersSearched: best, states: states)
    }
  }

  /// Most by which a forecast may grow in a step on its own.
  static let fastestGrowth = 1.005

  /// Whether errors die out in the states (the eigenvalues of F − g w′ lie inside the unit circle: Svetunkov et al.
  /// 2022, section 3) and forecasts do not run away (those of F stay within `fastestGrowth`).
  static func isAdmissible(_ a0: Double, _ a1: Double) -> Bool {
    let trace = 2 - 2 * a0 + a1
    let determinant = (1 - a0 + a1) * (1 - a0) + (1 - a1) * (1 - a0 - a1)
    guard abs(determinant) < 1, abs(trace) < 1 + determinant else { return false }
    // λ² − (2 − a0) λ + (2 − a0 − a1): real roots below the bound, or a pair of modulus √(2 − a0 − a1).
    let sum = 2 - a0
    let product = 2 - a0 - a1
    let discriminant = sum * sum - 4 * product
    if discriminant < 0 { return product <= fastestGrowth * fastestGrowth }
    return (abs(sum) + discriminant.squareRoot()) / 2 <= fastestGrowth
  }

  private static func start(_ isFull: Bool) -> SIMD4<Double> {
    SIMD4(1.3, 1, isFull ? 1.3 : 0.1, 1)
  }

  /// Where a pass ended.
  struct States: Sendable {
    var level: Double
    var potential: Double
    /// (d, p) by phase.
    var season: [SIMD2<Double>]
    var residuals: [Double]
  }

  /// One pass over the history; lanes as in `ExponentialSmoothing.AdditivePass`. Values are not shifted towards 0 as
  /// there: this recursion is not indifferent to the level.
  struct Pass {
    let values: UnsafeBufferPointer<Double>
    let initial: [Double]
    let isFull: Bool
    private var shape: [SIMD4<Double>]
    private var potentials: [SIMD4<Double>]

    init(values: UnsafeBufferPointer<Double>, initial: [Double], isFull: Bool) {
      self.values = values
      self.initial = initial
      self.isFull = isFull
      shape = [SIMD4<Double>](repeating: .zero, count: max(initial.count, 1))
      potentials = shape
    }

    /// Ratio of a level to its potential at rest, by which initial seasonal potentials are set (as in the source).
    static let rest = 1.1

    mutating func profile(_ x: SIMD4<Double>) -> (squares: Double, level: Double, potential: Double) {
      let values = values
      let isFull = isFull
      let hasSeason = !initial.isEmpty
      let period = shape.count
      for i in initial.indices {
        shape[i] = SIMD4(initial[i], 0, 0, 0)
        potentials[i] = SIMD4(initial[i] / Self.rest, 0, 0, 0)
      }
      var level = SIMD4<Double>(0, 1, 0, 0)
      var potential = SIMD4<Double>(0, 0, 1, 0)
      var withBase = SIMD4<Double>.zero
      var withLevel = SIMD4<Double>.zero
      var withPotential = SIMD4<Double>.zero
      let (a0, a1, b0, b1) = (x[0], x[1], x[2], x[3])
      shape.withUnsafeMutableBufferPointer { shape in
        potentials.withUnsafeMutableBufferPointer { potentials in
          var phase = 0
          for t in 0..<values.count {
            let y = values[t]
            var e = SIMD4<Double>.zero
            if y == y {
              e = SIMD4(y, 0, 0, 0) - level
              if hasSeason { e -= shape[phase] }
              withBase += e * e[0]
              withLevel += e * e[1]
              withPotential += e * e[2]
            }
            let old = level
            level = old - (1 - a1) * potential + (a0 - a1) * e
            potential = old + (1 - a0) * potential + (a0 + a1) * e
            if hasSeason {
              let d = shape[phase]
              if isFull {
                let p = potentials[phase]
                shape[phase] = d - (1 - b1) * p + (b0 - b1) * e
                potentials[phase] = d + (1 - b0) * p + (b0 + b1) * e
              } else {
                shape[phase] = d + b0 * e
              }
              phase += 1
              if phase == period { phase = 0 }
            }
          }
        }
      }
      let (ru, rv) = (withBase[1], withBase[2])
      let (uu, uv, vv) = (withLevel[1], withLevel[2], withPotential[2])
      let determinant = uu * vv - uv * uv
      var start = 0.0
      var charge = 0.0
      if determinant > 1e-12 * uu * vv {
        start = -(vv * ru - uv * rv) / determinant
        charge = -(uu * rv - uv * ru) / determinant
      } else if uu > 0 {
        start = -ru / uu
      }
      let squares =
        withBase[0] + 2 * start * ru + 2 * charge * rv + start * start * uu + 2 * start * charge * uv
        + charge * charge * vv
      return (squares.isNaN ? .infinity : max(squares, 0), start, charge)
    }

    func states(_ x: SIMD4<Double>, level: Double, potential: Double) -> States {
      var states = States(
        level: level, potential: potential, season: initial.map { SIMD2($0, $0 / Self.rest) },
        residuals: [Double](repeating: .nan, count: values.count))
      for t in 0..<values.count {
        let phase = initial.isEmpty ? 0 : t % initial.count
        let mean = states.level + (initial.isEmpty ? 0 : states.season[phase][0])
        let e = values[t].isNaN ? 0 : values[t] - mean
        if !values[t].isNaN { states.residuals[t] = e }
        Self.advance(&states, x, error: e, phase: phase, isFull: isFull)
      }
      return states
    }

    static func advance(_ states: inout States, _ x: SIMD4<Double>, error e: Double, phase: Int, isFull: Bool) {
      let (level, potential) = (states.level, states.potential)
      states.level = level - (1 - x[1]) * potential + (x[0] - x[1]) * e
      states.potential = level + (1 - x[0]) * potential + (x[0] + x[1]) * e
      guard !states.season.isEmpty else { return }
      let (d, p) = (states.season[phase][0], states.season[phase][1])
      states.season[phase] =
        isFull
        ? SIMD2(d - (1 - x[3]) * p + (x[2] - x[3]) * e, d + (1 - x[2]) * p + (x[2] + x[3]) * e) : SIMD2(d + x[2] * e, p)
    }
  }

  /// A fitted complex exponential smoothing model.
  public struct Fitted: FittedModel {
    /// The model fitted.
    public let model: ComplexSmoothing
    let parametersSearched: SIMD4<Double>
    let states: States

    /// The name of the model.
    public var name: String { model.name }

    /// One-step errors; NaN where the value is missing.
    public var residuals: [Double] { states.residuals }

    /// The fitted parameters.
    public var parameters: [ModelParameter] {
      var list = [
        ModelParameter("complex smoothing, real part", parametersSearched[0]),
        ModelParameter("complex smoothing, imaginary part", parametersSearched[1]),
      ]
      if model.season != .none { list.append(ModelParameter("season smoothing, real part", parametersSearched[2])) }
      if case .full = model.season {
        list.append(ModelParameter("season smoothing, imaginary part", parametersSearched[3]))
      }
      return list
    }

    /// Akaike's criterion corrected for short series, from n log Σe²; counts smoothing parameters, initial states and
    /// the variance.
    public var correctedCriterion: Double {
      var squares = 0.0
      var n = 0.0
      for e in residuals where !e.isNaN {
        squares += e * e
        n += 1
      }
      let k =
        switch model.season {
        case .none: 5.0
        case .partial(let period): Double(6 + period)
        case .full(let period): Double(7 + 2 * period)
        }
      guard n > k + 1 else { return .infinity }
      return n * log(max(squares, 1e-300)) + 2 * k * n / (n - k - 1)
    }

    private var isFull: Bool {
      if case .full = model.season { return true }
      return false
    }

    /// The path of the mean.
    public func components(horizon: Int) -> ForecastComponents {
      var states = states
      var path = [Double](repeating: 0, count: horizon)
      var seasonal = [Double](repeating: 0, count: horizon)
      let steps = residuals.count
      for j in 0..<horizon {
        let phase = states.season.isEmpty ? 0 : (steps + j) % states.season.count
        path[j] = states.level
        if !states.season.isEmpty { seasonal[j] = states.season[phase][0] }
        Pass.advance(&states, parametersSearched, error: 0, phase: phase, isFull: isFull)
      }
      return ForecastComponents(level: path.first ?? 0, path: path, seasonal: seasonal)
    }

    /// σ √(1 + Σ c²), c the response of later means to one error.
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      var response = States(
        level: 0, potential: 0, season: states.season.map { _ in .zero }, residuals: [])
      var variance = 1.0
      let period = max(states.season.count, 1)
      return (0..<horizon).map { j in
        let phase = j % period
        if j > 0 {
          let c = response.level + (response.season.isEmpty ? 0 : response.season[phase][0])
          variance += c * c
        }
        Pass.advance(&response, parametersSearched, error: j == 0 ? 1 : 0, phase: phase, isFull: isFull)
        return sigma * variance.squareRoot()
      }
    }
  }
}

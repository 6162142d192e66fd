/// The Theta family: simple exponential smoothing around a linear trend line.
///
/// One-step forecast (Fiorucci, Pellegrini, Louzada, Petropoulos, Koehler 2016, IJF 32(4), equations 8-14):
///
///     μ_t = ℓ_{t-1} + (1 - 1/θ) [ (1-α)^{t-1} A + (1 - (1-α)^t)/α · B ],   ℓ_t = α y_t + (1-α) ℓ_{t-1}
///
/// with A, B the intercept and slope of the least-squares line over the whole history (static) or over the values
/// before t (dynamic). θ = 2 is the Theta method of Assimakopoulos and Nikolopoulos (2000).
///
/// ℓ_0 and 1 - 1/θ enter the errors linearly, so both are solved in closed form within the one pass that each
/// smoothing parameter costs; only α is searched. O(n) a pass.
public struct ThetaModel: ForecastModel {
  /// Whether the line is that of the whole history or follows the values.
  public var isDynamic: Bool
  /// Whether θ is fitted (at least 1) or 2.
  public var isOptimised: Bool
  /// The first three errors do not count: a line through less than three values says nothing yet (as in the authors'
  /// package forecTheta).
  static let uncounted = 3

  static func firstCounted(of count: Int) -> Int { count > 2 * uncounted ? uncounted : 0 }

  /// A history holds the memory 1/α of the level at least so often. With a longer memory the start of the level, which is
  /// fitted as well, is never forgotten: the model becomes the straight line of least squares, and forecasts go on from
  /// that line instead of from where the series stands; squared errors, which count no parameters, prefer it. The dynamic
  /// optimised model alone: OWA .869 instead of .880 on M3 yearly, .882 instead of .906 on Tourism yearly, .879 instead of
  /// .882 on M3 quarterly, the same on longer histories; with 5 or 10 within .007 of that.
  static let memories = 7.0

  /// Smoothing parameters searched.
  public var smoothing: ClosedRange<Double>

  /// - Parameter smoothing: range of α; a lower end below 0.1 lets the level all but stand still, which on short
  ///   histories follows the line too far.
  public init(isDynamic: Bool, isOptimised: Bool, smoothing: ClosedRange<Double> = 0.1...0.99) {
    self.isDynamic = isDynamic
    self.isOptimised = isOptimised
    self.smoothing = smoothing
  }

  /// Dynamic optimised Theta (DOTM).
  public static let dynamicOptimised = ThetaModel(isDynamic: true, isOptimised: true)
  /// The classical Theta method (STM).
  public static let standard = ThetaModel(isDynamic: false, isOptimised: false)

  /// Such as `dynamic optimised theta`.
  public var name: String {
    [isDynamic ? "dynamic" : "", isOptimised ? "optimised" : "", "theta"].filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// Fits by least squares; needs two present values.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 2)
    return fitted(values, smoothing: nil)
  }

  /// Keeps α; the start level and the line weight are solved again.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 2)
    return self.fitted(values, smoothing: fitted.smoothing)
  }

  /// The range of α for n samples: `smoothing`, from `memories` / n on.
  private func searched(count n: Int) -> ClosedRange<Double> {
    min(max(smoothing.lowerBound, Self.memories / Double(n)), smoothing.upperBound)...smoothing.upperBound
  }

  private func fitted(_ values: [Double], smoothing kept: Double?) -> Fitted {
    let n = values.count
    let shift = values.first { !$0.isNaN } ?? 0
    return values.withUnsafeBufferPointer { y in
      withUnsafeTemporaryAllocation(of: SIMD2<Double>.self, capacity: n) { lines in
        var regression = RunningLine()
        for t in 0..<n {
          lines[t] = isDynamic ? regression.line : .zero
          if !y[t].isNaN { regression.add(time: Double(t + 1), value: y[t] - shift) }
        }
        if !isDynamic {
          let line = regression.line
          for t in 0..<n { lines[t] = line }
        }
        let pass = Pass(
          values: y, shift: shift, lines: UnsafeBufferPointer(lines), firstCounted: Self.firstCounted(of: n))
        let alpha =
          kept
          ?? Minimise.scalar(in: searched(count: n), grid: 8, refinements: 6) { alpha in
            pass.profile(alpha: alpha, optimised: isOptimised).squares
          }.x
        let solution = pass.profile(alpha: alpha, optimised: isOptimised)
        return Fitted(
          name: name, smoothing: alpha, weight: solution.weight, start: solution.start + shift, shift: shift,
          isDynamic: isDynamic, regression: regression, values: values, lines: Array(lines))
      }
    }
  }

  /// Running sums of a least-squares line over (time, value).
  struct RunningLine: Sendable {
    var count = 0.0
    var time = 0.0
    var timeSquares = 0.0
    var value = 0.0
    var cross = 0.0

    mutating func add(time t: Double, value y: Double) {
      count += 1
      time += t
      timeSquares += t * t
      value += y
      cross += t * y
    }

    /// (intercept at time 0, slope); a single point has slope 0.
    var line: SIMD2<Double> {
      if count == 0 { return .zero }
      let spread = count * timeSquares - time * time
      let slope = spread > 0 ? (count * cross - time * value) / spread : 0
      return SIMD2((value - slope * time) / count, slope)
    }
  }

  /// One pass over the history.
  struct Pass {
    let values: UnsafeBufferPointer<Double>
    let shift: Double
    let lines: UnsafeBufferPointer<SIMD2<Double>>
    /// Errors before this sample do not count.
    let firstCounted: Int

    /// Least-squares start level and line weight of a smoothing parameter.
    ///
    /// The level is carried as `base + start · u + weight · q`, so that the error is linear in both unknowns.
    func profile(alpha: Double, optimised: Bool) -> (squares: Double, start: Double, weight: Double) {
      let keep = 1 - alpha
      let inverse = 1 / alpha
      var base = 0.0
      var u = 1.0
      var q = 0.0
      var decay = 1.0
      var uu = 0.0
      var ud = 0.0
      var dd = 0.0
      var ur = 0.0
      var dr = 0.0
      var rr = 0.0
      for t in 0..<values.count {
        let line = lines[t]
        let drift = decay * line.x + (1 - decay * keep) * inverse * line.y
        let y = values[t]
        if y == y {
          let r = y - shift - base
          let d = q + drift
          if t >= firstCounted {
            uu += u * u
            ud += u * d
            dd += d * d
            ur += u * r
            dr += d * r
            rr += r * r
          }
          base += alpha * r
          u *= keep
          q *= keep
        } else {
          q += alpha * drift
        }
        decay *= keep
        // Denormals would slow the loop down a hundredfold.
        if decay < 1e-100 { decay = 0 }
        if u < 1e-100 { u = 0 }
      }
      var weight = 0.5
      if optimised {
        let determinant = uu * dd - ud * ud
        weight = determinant > 1e-12 * uu * dd ? (uu * dr - ud * ur) / determinant : 0
        weight = min(max(weight, 0), 1)
      }
      let start = uu > 0 ? (ur - weight * ud) / uu : 0
      let squares =
        rr - 2 * start * ur - 2 * weight * dr + start * start * uu + 2 * start * weight * ud + weight * weight * dd
      return (max(squares, 0), start, weight)
    }
  }

  /// A fitted Theta model.
  public struct Fitted: FittedModel {
    /// The name of the model.
    public let name: String
    /// α, the share of a new value in the level.
    public let smoothing: Double
    /// 1 - 1/θ, the share of the trend line.
    public let weight: Double
    /// ℓ_0.
    public let start: Double
    /// One-step errors; NaN where the value is missing and for the first three, which do not count.
    public let residuals: [Double]
    let isDynamic: Bool
    let shift: Double
    let regression: RunningLine
    let level: Double
    let decay: Double
    let steps: Int

    init(
      name: String, smoothing: Double, weight: Double, start: Double, shift: Double, isDynamic: Bool,
      regression: RunningLine, values: [Double], lines: [SIMD2<Double>]
    ) {
      self.name = name
      self.smoothing = smoothing
      self.weight = weight
      self.start = start
      self.shift = shift
      self.isDynamic = isDynamic
      self.regression = regression
      let keep = 1 - smoothing
      var level = start - shift
      var decay = 1.0
      var residuals = [Double](repeating: .nan, count: values.count)
      let uncounted = ThetaModel.firstCounted(of: values.count)
      for t in 0..<values.count {
        let drift = decay * lines[t].x + (1 - decay * keep) / smoothing * lines[t].y
        let mean = level + weight * drift
        if values[t].isNaN {
          level += smoothing * (mean - level)
        } else {
          if t >= uncounted { residuals[t] = values[t] - shift - mean }
          level += smoothing * (values[t] - shift - level)
        }
        decay *= keep
        if decay < 1e-100 { decay = 0 }
      }
      self.residuals = residuals
      self.level = level
      self.decay = decay
      steps = values.count
    }

    /// θ; infinite when the whole line is taken.
    public var theta: Double { weight < 1 ? 1 / (1 - weight) : .infinity }

    /// The fitted parameters.
    public var parameters: [ModelParameter] {
      [
        ModelParameter("level smoothing", smoothing), ModelParameter("line weight", weight),
        ModelParameter("initial level", start, hasUnits: true),
      ]
    }

    /// The path of the mean; a dynamic line goes on to be fitted to the forecasts themselves, as in the source.
    public func components(horizon: Int) -> ForecastComponents {
      let keep = 1 - smoothing
      var level = level
      var decay = decay
      var regression = regression
      var line = regression.line
      var path = [Double](repeating: 0, count: horizon)
      for j in 0..<horizon {
        let drift = decay * line.x + (1 - decay * keep) / smoothing * line.y
        let mean = level + weight * drift
        path[j] = mean + shift
        level += smoothing * (mean - level)
        decay *= keep
        if isDynamic {
          regression.add(time: Double(steps + j + 1), value: mean)
          line = regression.line
        }
      }
      return ForecastComponents(level: self.level + shift, path: path, seasonal: [Double](repeating: 0, count: horizon))
    }

    /// σ √(1 + (h-1) α²), the variance of simple exponential smoothing, which the line does not change.
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      return (0..<horizon).map { sigma * (1 + Double($0) * smoothing * smoothing).squareRoot() }
    }
  }
}

import Glibc

/// 4Theta (Spiliotis, Assimakopoulos, Makridakis 2020, European Journal of Operational Research 284(2)): a straight or
/// exponential trend line, combined with a smoothed θ line by addition or multiplication, θ between 1 and 3; of the
/// four the one with the least mean absolute one-step error.
///
/// The θ line θ y + (1 − θ) T, or y^θ T^(1−θ), is smoothed exponentially and put together again with weight 1/θ. θ is
/// searched on the θ line smoothed once; exponential lines and products need positive values.
public struct FourTheta: ForecastModel {
  /// How the trend line runs.
  public enum Line: Sendable, CaseIterable { case straight, exponential }
  /// How line and θ line are combined.
  public enum Combination: Sendable, CaseIterable { case additive, multiplicative }

  /// Trend lines that are tried.
  public var lines: [Line]
  /// Combinations that are tried.
  public var combinations: [Combination]
  /// Range of θ; 2 alone is the Theta method.
  public var theta: ClosedRange<Double>

  /// The variants to choose from.
  public init(
    lines: [Line] = Line.allCases, combinations: [Combination] = Combination.allCases,
    theta: ClosedRange<Double> = 1...3
  ) {
    self.lines = lines
    self.combinations = combinations
    self.theta = theta
  }

  /// `4theta`.
  public var name: String { "4theta" }

  /// Needs two present values.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 2)
    let isPositive = !values.contains { $0 <= 0 }
    var best: Fitted?
    for line in isPositive ? lines : [.straight] {
      let trend = TrendLine(values, isExponential: line == .exponential)
      for combination in isPositive && trend.isPositive(count: 2 * values.count) ? combinations : [.additive] {
        let smoothing = ExponentialSmoothing(trend: .none)
        func candidate(_ theta: Double) throws(ForecastingError) -> Fitted {
          try Fitted(
            values, trend: trend, isMultiplicative: combination == .multiplicative, theta: theta, smoothing: smoothing)
        }
        var theta = theta.lowerBound
        if self.theta.upperBound > self.theta.lowerBound {
          theta =
            Minimise.scalar(in: self.theta, grid: 5, refinements: 8) { theta in
              do throws(ForecastingError) { return try candidate(theta).error } catch { return .infinity }
            }.x
        }
        let found = try candidate(theta)
        if found.error < best?.error ?? .infinity { best = found }
      }
    }
    guard let best else { throw .noValues }
    return best
  }

  /// Keeps θ, line and combination where the values allow them.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    var kept = self
    kept.lines = [fitted.trend.isExponential ? .exponential : .straight]
    kept.combinations = [fitted.isMultiplicative ? .multiplicative : .additive]
    kept.theta = fitted.theta...fitted.theta
    return try kept.fit(values, from: fitted)
  }

  /// A least-squares line through the values or their logarithms.
  struct TrendLine: Sendable {
    let isExponential: Bool
    let intercept: Double
    let slope: Double

    init(_ values: [Double], isExponential: Bool) {
      self.isExponential = isExponential
      var line = ThetaModel.RunningLine()
      let shift = isExponential ? 0 : values.first { !$0.isNaN } ?? 0
      for (t, value) in values.enumerated() where !value.isNaN {
        line.add(time: Double(t + 1), value: isExponential ? log(value) : value - shift)
      }
      let found = line.line
      intercept = found.x + shift
      slope = found.y
    }

    /// The line at sample t, 0-based.
    subscript(t: Int) -> Double {
      let value = intercept + slope * Double(t + 1)
      return clamped(isExponential ? exp(min(value, 600)) : value)
    }

    /// A line is positive between two places where it is.
    func isPositive(count: Int) -> Bool { isExponential || (self[0] > 0 && self[count] > 0) }
  }

  /// A fitted variant.
  public struct Fitted: FittedModel {
    /// θ.
    public let theta: Double
    /// Whether line and θ line are multiplied.
    public let isMultiplicative: Bool
    /// One-step errors; NaN where the value is missing.
    public let residuals: [Double]
    let trend: TrendLine
    let smoothed: ExponentialSmoothing.Fitted
    private let count: Int

    init(
      _ values: [Double], trend: TrendLine, isMultiplicative: Bool, theta: Double, smoothing: ExponentialSmoothing
    ) throws(ForecastingError) {
      self.theta = theta
      self.trend = trend
      self.isMultiplicative = isMultiplicative
      count = values.count
      let line = values.indices.map { t in
        isMultiplicative
          ? exp(min(theta * log(values[t]) + (1 - theta) * log(trend[t]), 200))
          : theta * values[t] + (1 - theta) * trend[t]
      }
      let smoothed = try smoothing.fit(line, from: nil)
      self.smoothed = smoothed
      residuals = values.indices.map { t in
        let fit = line[t] - smoothed.residuals[t]
        return values[t] - Self.together(fit, trend[t], theta, isMultiplicative)
      }
    }

    /// Mean absolute one-step error.
    var error: Double {
      var sum = 0.0
      var count = 0.0
      for e in residuals where !e.isNaN {
        sum += abs(e)
        count += 1
      }
      return count > 0 ? sum / count : .infinity
    }

    private static func together(_ smooth: Double, _ line: Double, _ theta: Double, _ isMultiplicative: Bool) -> Double
    {
      let weight = 1 / theta
      guard isMultiplicative else { return clamped(weight * smooth + (1 - weight) * line) }
      // A smoothed line of positive values is positive; rounding may still leave 0.
      return clamped(exp(min(weight * log(max(smooth, 1e-300)) + (1 - weight) * log(max(line, 1e-300)), 600)))
    }

    /// Such as `4theta, exponential line, multiplied`.
    public var name: String {
      "4theta" + (trend.isExponential ? ", exponential line" : "") + (isMultiplicative ? ", multiplied" : "")
    }

    /// The fitted parameters.
    public var parameters: [ModelParameter] { [ModelParameter("theta", theta)] + smoothed.parameters }

    /// The path of the mean.
    public func components(horizon: Int) -> ForecastComponents {
      let level = smoothed.components(horizon: 1).mean[0]
      let path = (0..<horizon).map { Self.together(level, trend[count + $0], theta, isMultiplicative) }
      let now = Self.together(level, trend[count - 1], theta, isMultiplicative)
      return ForecastComponents(level: now, path: path, seasonal: [Double](repeating: 0, count: horizon))
    }

    /// σ √(1 + (h−1) α²), σ of the one-step errors put together.
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      let alpha = smoothed.levelSmoothing
      return (0..<horizon).map { sigma * (1 + Double($0) * alpha * alpha).squareRoot() }
    }
  }
}

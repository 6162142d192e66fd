import Glibc

/// Demand that is zero most of the time: sizes and occurrences smoothed apart.
///
/// - Croston (1972, Operational Research Quarterly 23(3)): smoothed size / smoothed interval between demands.
/// - Syntetos and Boylan (2005, IJF 21(2)), SBA: the same times 1 − β/2, which takes out its bias.
/// - Teunter, Syntetos, Babai (2011, EJOR 214(3)), TSB: smoothed probability × smoothed size, updated in every step,
///   so that a demand that has ended fades.
///
/// Smoothing parameters minimise the squared one-step errors on a grid (size 0.05…0.5; occurrence likewise), a rate
/// that both short and long histories can bear. Forecasts are flat: the mean demand a step.
public struct IntermittentDemand: ForecastModel {
  /// The variant.
  public enum Variant: String, Sendable, CaseIterable {
    /// Croston's method.
    case croston
    /// The Syntetos-Boylan approximation.
    case sba
    /// The method of Teunter, Syntetos and Babai.
    case tsb
  }

  /// The variant.
  public var variant: Variant
  /// Smoothing of sizes and of intervals or occurrences; `nil` is fitted.
  public var smoothing: Double?

  /// A model of intermittent demand.
  public init(_ variant: Variant, smoothing: Double? = nil) {
    self.variant = variant
    self.smoothing = smoothing
  }

  /// Such as `intermittent demand, tsb`.
  public var name: String { "intermittent demand, \(variant.rawValue)" }

  /// Share of zeros from which a series counts as intermittent.
  public static let intermittentShare = 0.3

  /// Whether a series has no negative value and at least `intermittentShare` zeros.
  public static func isIntermittent(_ values: [Double]) -> Bool {
    var zeros = 0
    var present = 0
    for value in values where !value.isNaN {
      if value < 0 { return false }
      if value == 0 { zeros += 1 }
      present += 1
    }
    return zeros < present && Double(zeros) >= intermittentShare * Double(present)
  }

  /// Needs one present value; values must not be negative (throws `.valueOutOfRange`).
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 1)
    if let index = values.firstIndex(where: { $0 < 0 }) { throw .valueOutOfRange(index: index) }
    if let smoothing { return run(values, smoothing, smoothing) }
    var best = run(values, 0.1, 0.1)
    var least = best.squares
    for size in [0.05, 0.1, 0.2, 0.3, 0.5] {
      for occurrence in [0.05, 0.1, 0.2, 0.3, 0.5] {
        let fit = run(values, size, occurrence)
        if fit.squares < least {
          best = fit
          least = fit.squares
        }
      }
    }
    return best
  }

  /// Keeps the smoothing parameters.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 1)
    if let index = values.firstIndex(where: { $0 < 0 }) { throw .valueOutOfRange(index: index) }
    return run(values, fitted.sizeSmoothing, fitted.occurrenceSmoothing)
  }

  private func run(_ values: [Double], _ alpha: Double, _ beta: Double) -> Fitted {
    var size = Double.nan
    // Interval between demands (Croston, SBA), or probability of one (TSB).
    var occurrence = Double.nan
    var waited = 0.0
    var residuals = [Double](repeating: .nan, count: values.count)
    var squares = 0.0
    func rate() -> Double {
      switch variant {
      case .croston: size / occurrence
      case .sba: (1 - beta / 2) * size / occurrence
      case .tsb: size * occurrence
      }
    }
    for (t, value) in values.enumerated() where !value.isNaN {
      waited += 1
      if !size.isNaN {
        let e = value - rate()
        residuals[t] = e
        squares += e * e
      }
      if value > 0 {
        size = size.isNaN ? value : size + alpha * (value - size)
        if variant != .tsb {
          occurrence = occurrence.isNaN ? waited : occurrence + beta * (waited - occurrence)
        }
        waited = 0
      }
      if variant == .tsb {
        let demand = value > 0 ? 1.0 : 0
        occurrence = occurrence.isNaN ? demand : occurrence + beta * (demand - occurrence)
      }
    }
    return Fitted(
      name: name, sizeSmoothing: alpha, occurrenceSmoothing: beta, rate: size.isNaN ? 0 : rate(),
      residuals: residuals, squares: squares)
  }

  /// A fitted model of intermittent demand.
  public struct Fitted: FittedModel {
    /// The name of the model.
    public let name: String
    /// Smoothing of the size of a demand.
    public let sizeSmoothing: Double
    /// Smoothing of intervals or occurrences.
    public let occurrenceSmoothing: Double
    /// Mean demand a step.
    public let rate: Double
    /// One-step errors; NaN before the first demand and where a value is missing.
    public let residuals: [Double]
    let squares: Double

    /// The fitted parameters.
    public var parameters: [ModelParameter] {
      [
        ModelParameter("size smoothing", sizeSmoothing),
        ModelParameter("occurrence smoothing", occurrenceSmoothing),
      ]
    }

    /// The rate, at every step.
    public func components(horizon: Int) -> ForecastComponents {
      ForecastComponents(
        level: rate, path: [Double](repeating: rate, count: horizon),
        seasonal: [Double](repeating: 0, count: horizon))
    }

    /// σ √(1 + (h−1) α²) as for simple smoothing.
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      return (0..<horizon).map { sigma * (1 + Double($0) * occurrenceSmoothing * occurrenceSmoothing).squareRoot() }
    }
  }
}

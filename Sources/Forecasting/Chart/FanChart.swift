/// A history with its forecast and intervals, as a drawing.
public struct FanChart: Sendable {
  /// Written above the drawing.
  public var title: String
  /// The newest samples, oldest first, NaN = missing.
  public let history: [Double]
  /// The point forecasts that follow them.
  public let mean: [Double]
  /// Their intervals, by ascending level.
  public let bands: [ForecastBand]
  let low: Double
  let high: Double

  /// - Parameter history: all samples; so many of the newest are drawn as three times the horizon and at least 30.
  public init(title: String, history: [Double], forecast: Forecast) {
    self.init(title: title, history: history, mean: forecast.mean, bands: forecast.bands)
  }

  /// A forecast from wherever it was kept.
  /// - Parameters:
  ///   - history: as above.
  ///   - bands: by ascending level, one bound a step.
  public init(title: String, history: [Double], mean: [Double], bands: [ForecastBand]) {
    self.title = title
    self.history = Array(history.suffix(max(30, 3 * mean.count)))
    self.mean = mean
    self.bands = bands
    var low = Double.infinity
    var high = -Double.infinity
    for values in [self.history, mean] + bands.flatMap({ [$0.lower, $0.upper] }) {
      for value in values where value.isFinite {
        low = min(low, value)
        high = max(high, value)
      }
    }
    // A flat line stands in the middle; halves keep the span of ±10³⁰⁸ finite.
    if low > high { (low, high) = (0, 1) }
    if low == high {
      let room = max(abs(low) / 2, 0.5)
      (low, high) = (clamped(low - room), clamped(high + room))
    }
    self.low = low
    self.high = high
  }

  /// Steps drawn.
  var count: Int { history.count + mean.count }

  /// 0 at the bottom, 1 at the top.
  func height(_ value: Double) -> Double {
    let span = high / 2 - low / 2
    return span > 0 ? min(max((value / 2 - low / 2) / span, 0), 1) : 0.5
  }

  /// A value with at most four digits that say something.
  static func label(_ value: Double) -> String {
    if value == 0 { return "0" }
    guard value.isFinite else { return "" }
    let size = abs(value)
    if size >= 1e6 || size < 1e-3 {
      let exponent = Int(Self.decimalExponent(size))
      let scaled = (value / Self.power(exponent) * 100).rounded() / 100
      return "\(scaled)e\(exponent)"
    }
    let digits = size >= 1_000 ? 1.0 : size >= 100 ? 10 : size >= 10 ? 100 : 1_000
    let rounded = (value * digits).rounded() / digits
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }

  private static func decimalExponent(_ size: Double) -> Double {
    var exponent = 0.0
    var rest = size
    while rest >= 10 {
      rest /= 10
      exponent += 1
    }
    while rest < 1 {
      rest *= 10
      exponent -= 1
    }
    return exponent
  }

  private static func power(_ exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<abs(exponent) { power *= exponent < 0 ? 0.1 : 10 }
    return power > 0 && power.isFinite ? power : 1
  }
}

import Numerics

/// A history checked, cut and scaled by a power of two to magnitudes around 1, so that squares neither overflow nor
/// vanish and scaling loses no bit.
struct ScaledHistory {
  /// Scaled samples from the first present one on, NaN = missing.
  let values: [Double]
  /// Number of present samples.
  let present: Int
  /// Whether all present samples are equal.
  let isConstant: Bool
  private let scale: Double

  /// - Parameter limit: only so many of the newest samples are kept.
  init(_ samples: [Double], limit: Int) throws(ForecastingError) {
    if let index = samples.firstIndex(where: \.isInfinite) { throw .infiniteValue(index: index) }
    guard let last = samples.lastIndex(where: { !$0.isNaN }) else { throw .noValues }
    // The newest samples may all be missing; then the cut reaches back to the last present one.
    let cut = min(last, max(0, samples.count - limit))
    let first = samples[cut...].firstIndex { !$0.isNaN } ?? last
    let kept = samples[first...]
    var low = Double.infinity
    var high = -Double.infinity
    var present = 0
    for value in kept where !value.isNaN {
      low = min(low, value)
      high = max(high, value)
      present += 1
    }
    let magnitude = max(abs(low), abs(high))
    // exponent of 0 is Int.min; beyond ±1000 the scale itself would leave the normal numbers.
    let exponent = magnitude > 0 ? max(-1000, min(1000, Int(magnitude.exponent))) : 0
    let factor = Double(sign: .plus, exponent: -exponent, significand: 1)
    values = kept.map { $0 * factor }
    scale = Double(sign: .plus, exponent: exponent, significand: 1)
    self.present = present
    isConstant = low == high
  }

  /// A forecast in the units of the samples, finite.
  func unscaled(_ forecast: Forecast) -> Forecast {
    func scaled(_ x: Double) -> Double { clamped(x * scale) }
    var forecast = forecast
    forecast.components.level = scaled(forecast.components.level)
    forecast.components.trend = forecast.components.trend.map(scaled)
    forecast.components.seasonal = forecast.components.seasonal.map(scaled)
    forecast.components.mean = forecast.components.mean.map(scaled)
    for i in forecast.bands.indices {
      forecast.bands[i].lower = forecast.bands[i].lower.map(scaled)
      forecast.bands[i].upper = forecast.bands[i].upper.map(scaled)
    }
    for i in forecast.members.indices {
      for j in forecast.members[i].parameters.indices where forecast.members[i].parameters[j].hasUnits {
        forecast.members[i].parameters[j].value = scaled(forecast.members[i].parameters[j].value)
      }
    }
    return forecast
  }

  /// The last value repeated, for a constant series or fewer than three values.
  ///
  /// A constant series of at least three has intervals of width 0. Two values give one change, hence Student's t with
  /// one degree of freedom (a Cauchy distribution) times √step: very wide. One value gives no interval.
  func naiveForecast(horizon: Int, levels: [Double]) -> Forecast {
    let present = values.filter { !$0.isNaN }
    let last = present[present.count - 1]
    let components = ForecastComponents(
      level: last, path: [Double](repeating: last, count: horizon), seasonal: [Double](repeating: 0, count: horizon))
    var bands: [ForecastBand] = []
    if present.count > 1 {
      let change = abs(present[present.count - 1] - present[0])
      bands = levels.map { level in
        let reach = (1...horizon).map { change * StudentT.cauchyQuantile(0.5 + level / 2) * Double($0).squareRoot() }
        return ForecastBand(level: level, lower: reach.map { last - $0 }, upper: reach.map { last + $0 })
      }
    }
    return unscaled(
      Forecast(
        components: components, bands: bands, model: "naive",
        members: [ForecastMember(name: "naive", weight: 1, error: nil, parameters: [])]))
  }
}

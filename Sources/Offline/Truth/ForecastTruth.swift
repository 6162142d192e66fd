import Forecasting
import Simulation

/// Holds `Forecaster` against families of series.
package enum ForecastTruth {
  /// Samples of the history: more than two cycles of the longest rhythm, and at least this many.
  static let count = 150
  /// Steps.
  static let horizon = 14

  /// Coverage of the 95 % interval, error against the seasonal naive forecast, and what lies outside of what can be.
  package static func rows(of family: SeriesFamily, _ sample: TruthSample) -> [TruthRow] {
    let longest = family.rhythms.map(\.period).max() ?? 1
    let count = longest > 200 ? 2 * longest + longest / 3 : max(Self.count, 3 * longest)
    let forecaster = Forecaster(season: family.rhythms.map(\.period).sorted())
    var covered = 0
    var steps = 0
    var outside = 0
    var error = 0.0
    var naive = 0.0
    for seed in sample.seeds {
      let whole = family.series(seed: seed, count: count + horizon)
      let history = Array(whole.values[..<count])
      guard let forecast = try? forecaster.forecast(history, horizon: horizon, levels: [0.95]),
        let band = forecast.interval(level: 0.95)
      else { continue }
      for step in 0..<horizon {
        let value = whole.values[count + step]
        let all = [forecast.mean[step], band.lower[step], band.upper[step]]
        let tolerance = 1e-9 * max(1, whole.spread)
        outside += all.contains { $0 < (whole.least ?? -.infinity) - tolerance } ? 1 : 0
        outside += all.contains { $0 > (whole.greatest ?? .infinity) + tolerance } ? 1 : 0
        guard value.isFinite else { continue }
        steps += 1
        covered += band.lower[step] <= value && value <= band.upper[step] ? 1 : 0
        let before = count + step - longest * ((step / longest) + 1)
        guard before >= 0, whole.values[before].isFinite else { continue }
        error += min(1e6, pow2((forecast.mean[step] - value) / whole.spread))
        naive += min(1e6, pow2((whole.values[before] - value) / whole.spread))
      }
    }
    return [
      TruthRow(
        area: "forecasts", family: family.name, measure: "coverage at 95 %",
        value: Double(covered) / Double(max(1, steps)), count: sample.series, bound: .atLeast(0.92)),
      TruthRow(
        area: "forecasts", family: family.name, measure: "outside of what can be", value: Double(outside),
        count: steps, bound: .atMost(0), isShare: false),
      TruthRow(
        area: "forecasts", family: family.name, measure: "error / seasonal naive",
        value: naive > 0 ? (error / naive).squareRoot() : 0, count: sample.series,
        bound: family.category == .rhythm ? .atMost(1.2) : .none, isShare: false),
    ]
  }

  private static func pow2(_ value: Double) -> Double { value * value }
}

import Inference
import Simulation

/// Holds `CorrelationSearch` against pairs of series that share at most their calendar.
package enum CorrelationTruth {
  /// Samples of a series: three cycles of the longest rhythm but the year, and at least 300.
  static func count(of family: SeriesFamily) -> Int {
    max(300, 3 * (family.rhythms.map(\.period).filter { $0 < 200 }.max() ?? 0))
  }
  /// Lag of a planted dependence.
  static let lag = 2
  /// Standard deviations of the metric that one of the factor moves.
  static let strength = 0.5

  /// Findings in pairs that have nothing to do with each other, and planted ones that are found.
  package static func rows(of family: SeriesFamily, _ sample: TruthSample) -> [TruthRow] {
    let search = CorrelationSearch()
    let count = count(of: family)
    var wrong = 0
    var found = 0
    var tried = 0
    var planted = 0
    for seed in sample.seeds {
      let factor = family.series(seed: seed &* 2, count: count)
      let metric = family.series(seed: seed &* 2 &+ 1, count: count)
      if let test = try? search.tests(factors: [factor.values], metrics: [metric.values]).first {
        tried += 1
        wrong += test.p <= 0.05 ? 1 : 0
      }
      let moved = metric.values.indices.map { index in
        let cause = index >= lag ? factor.values[index - lag] : 0
        return metric.values[index] + (cause.isFinite ? strength * metric.spread / factor.spread * cause : 0)
      }
      if let test = try? search.tests(factors: [factor.values], metrics: [moved]).first {
        planted += 1
        found += test.p <= 0.05 && abs(test.lag - lag) <= 1 && test.r > 0 ? 1 : 0
      }
    }
    return [
      TruthRow(
        area: "correlations", family: family.name, measure: "false", value: Double(wrong) / Double(max(1, tried)),
        count: tried, bound: .atMost(0.06)),
      TruthRow(
        area: "correlations", family: family.name, measure: "power at half a sd",
        value: Double(found) / Double(max(1, planted)), count: planted, bound: .none),
    ]
  }
}

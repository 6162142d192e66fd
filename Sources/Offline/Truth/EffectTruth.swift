import Inference
import Simulation

/// Holds `EffectEstimator` against families of series.
package enum EffectTruth {
  /// Samples of a series.
  static let count = 120
  /// First sample with the intervention.
  static let start = 60
  /// Standard deviations of a planted effect.
  static let effect = 2.0

  /// False effects where there is none, coverage and power where one was planted.
  package static func rows(of family: SeriesFamily, _ sample: TruthSample) -> [TruthRow] {
    // An effect on a count has another size than what was asked, and one of a curve that jumps cannot be known.
    guard family.category != .level else { return [] }
    let estimator = EffectEstimator(season: 7)
    var wrong = 0
    var none = 0
    var covered = 0
    var power = 0
    var planted = 0
    for seed in sample.seeds {
      if let estimate = try? estimator.estimate(family.series(seed: seed, count: count).values, start: start) {
        none += 1
        wrong += estimate.isSignificant ? 1 : 0
      }
      let series = family.series(seed: seed, count: count) { $0 >= start ? effect : 0 }
      guard let estimate = try? estimator.estimate(series.values, start: start) else { continue }
      planted += 1
      let truth = effect * series.spread
      covered += estimate.lower <= truth && truth <= estimate.upper ? 1 : 0
      power += estimate.lower > 0 ? 1 : 0
    }
    func row(_ measure: String, _ hits: Int, _ count: Int, _ bound: TruthRow.Bound) -> TruthRow {
      TruthRow(
        area: "effects", family: family.name, measure: measure, value: Double(hits) / Double(max(1, count)),
        count: count, bound: bound)
    }
    // Where a mean cannot fall or rise by two standard deviations the planted effect is not what was asked for.
    let isExact =
      !family.noise.isDiscrete && family.reading == .exact && family.course != .growth(factor: 4)
      && family.course != .growth(factor: 2)
    return [
      row("false", wrong, none, .atMost(0.07)),
      row("coverage", covered, planted, isExact ? .atLeast(0.93) : .none),
      row("power at 2 sd", power, planted, .none),
    ]
  }
}

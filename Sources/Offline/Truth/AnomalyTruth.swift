import Detection
import Numerics
import Simulation

/// Holds `AnomalyScorer` against families of series.
package enum AnomalyTruth {
  /// Samples of a long series.
  static let count = 3_000
  /// Samples of a short one.
  static let shortCount = 1_100
  /// Standard deviations of a planted spike.
  static let spike = 10.0

  /// False alarms in long and short series, and planted spikes that are found.
  package static func rows(of family: SeriesFamily, _ sample: TruthSample) -> [TruthRow] {
    var late = 0
    var early = 0
    var found = 0
    for seed in sample.seeds {
      var random = SeededRandom(seed: seed)
      var series = family.series(seed: seed, count: count)
      late += alarms(in: series.values, step: series.step).count { $0 >= count / 2 }
      let short = family.series(seed: seed, count: shortCount)
      early += alarms(in: short.values, step: short.step).count { $0 >= 300 }
      var place = random.whole(count / 2...count - 10)
      while !series.values[place].isFinite { place -= 1 }
      series.values[place] += spike * series.spread
      found += alarms(in: series.values, step: series.step).contains { (place...place + 2).contains($0) } ? 1 : 0
    }
    let isQuiet =
      family.category != .level && family.memory != .randomWalk
      && !family.name.contains("outliers")
    let series = Double(max(1, sample.series))
    return [
      TruthRow(
        area: "anomalies", family: family.name, measure: "alarms in the later 1500 rows", value: Double(late) / series,
        count: sample.series, bound: isQuiet ? .atMost(3) : .none, isShare: false),
      TruthRow(
        area: "anomalies", family: family.name, measure: "alarms in rows 300 to 1100", value: Double(early) / series,
        count: sample.series, bound: isQuiet ? .atMost(0.8) : .none, isShare: false),
      TruthRow(
        area: "anomalies", family: family.name, measure: "spikes found", value: Double(found) / series,
        count: sample.series,
        bound: [.noise, .rhythm].contains(family.category) && family.name != "student-t2"
          ? .atLeast(0.95) : .none),
    ]
  }

  /// Rows whose score reaches the default threshold.
  private static func alarms(in values: [Double], step: Double) -> [Int] {
    var scorer = AnomalyScorer()
    return values.indices.filter {
      scorer.score(time: Double($0) * step, value: values[$0]) >= AnomalyScorer.defaultThreshold
    }
  }
}

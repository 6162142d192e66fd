import Analysis
import FoundationEssentials
import Inference
import Twins

/// A possible cause for the metrics of a panel: an observed factor, or the uses of a product.
struct CorrelationCandidate: Sendable {
  let name: String
  let label: String
  let type: FactorType
  /// The panel's samples.
  let values: [Double]
  /// It is not observed day by day: it begins and ends.
  var isUse = false

  /// The observed factors, then the uses.
  static func all(
    in panel: Panel, _ records: TwinRecords, leftOut: inout [(name: String, value: String)]
  ) -> [CorrelationCandidate] {
    let observed = panel.factors.map {
      CorrelationCandidate(
        name: $0.definition.name, label: $0.definition.label, type: $0.definition.type, values: $0.values)
    }
    let (used, all) = panel.usageFactors(records.isChosen)
    if all > used.count {
      leftOut.append(("uses", "\(all) different ones; the \(used.count) that vary most are tried"))
    }
    return observed
      + used.map { CorrelationCandidate(name: $0.name, label: $0.label, type: $0.type, values: $0.values, isUse: true) }
  }
}

/// One factor against one metric, tested.
struct CorrelationPair: Sendable {
  let factor: CorrelationCandidate
  let metric: Metric
  let test: CorrelationTest
  let intervalSeconds: Double
  /// The first and the last observed sample of the metric.
  let from: Date
  let until: Date

  /// The values say what their ranks say: where the signs differ a few wild observations decide, and nothing is stated.
  var isConsistent: Bool { test.r * test.valuesR > 0 }

  /// Tests all candidates against all metrics of a panel.
  /// - Parameter leftOut: gets the candidates that could be tried against no metric.
  static func tests(
    of candidates: [CorrelationCandidate], on panel: Panel, maximumLag: Int,
    leftOut: inout [(name: String, value: String)]
  ) throws(InferenceError) -> [CorrelationPair] {
    guard !candidates.isEmpty else { return [] }
    // A lag of more than a third of the time leaves too little of it to compare.
    let search = CorrelationSearch(maximumLag: min(maximumLag, panel.count / 3), season: panel.season)
    let tests = try search.tests(factors: candidates.map(\.values), metrics: panel.metrics.map(\.values))
    let tried = Set(tests.map(\.factor))
    for (index, candidate) in candidates.enumerated() where !tried.contains(index) {
      let obstacle = CorrelationSearch.obstacle(ofFactor: candidate.values)
      leftOut.append((candidate.name, obstacle.map { "\($0)" } ?? "no metric can be tried with it"))
    }
    return tests.map { test in
      CorrelationPair(
        factor: candidates[test.factor], metric: panel.metrics[test.metric].definition, test: test,
        intervalSeconds: panel.intervalSeconds, from: panel.date(at: test.window.lowerBound),
        until: panel.date(at: test.window.upperBound))
    }
  }
}

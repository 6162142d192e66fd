import Analysis
import Inference
import Twins

/// The factors that a metric of a panel surely follows, each at its own lag: what else moves the metric, so that it is
/// neither taken for an intervention's effect nor left in the noise.
struct MetricCovariates: Sendable {
  private let covariates: [(type: FactorType, values: [Double])]

  /// p, times the number of factors tried, below which a factor is taken along; as in `CorrelationSearch`.
  private static let entry = 0.025
  private static let maximumLag = 14

  /// None, where nothing is known of other factors.
  private init() { covariates = [] }

  private init(_ tests: [CorrelationTest], factors: [Panel.Column<Factor>], observed: Int) {
    let sure = tests.filter { $0.p * Double(tests.count) < Self.entry }
      .sorted { ($0.p, $0.factor) < ($1.p, $1.factor) }
    // Never more than a twentieth of the observations; usages, which come after the observed factors, are interventions.
    covariates = sure.filter { factors.indices.contains($0.factor) }.prefix(observed / 20).map { test in
      let factor = factors[test.factor]
      let lead = [Double](repeating: .nan, count: test.lag)
      return (factor.definition.type, lead + factor.values.dropLast(test.lag))
    }
  }

  /// The covariates of each metric of a panel.
  static func of(_ panel: Panel) throws(InferenceError) -> [MetricCovariates] {
    guard !panel.factors.isEmpty else { return panel.metrics.map { _ in MetricCovariates() } }
    // The uses stand beside them, so that an intervention's effect is not laid to a factor that changed with it.
    let candidates = panel.factors.map(\.values) + panel.usageFactors { _ in true }.factors.map(\.values)
    let search = CorrelationSearch(maximumLag: min(maximumLag, panel.count / 3), season: panel.season)
    let tests = try search.tests(factors: candidates, metrics: panel.metrics.map(\.values))
    return panel.metrics.indices.map { metric in
      MetricCovariates(
        tests.filter { $0.metric == metric }, factors: panel.factors,
        observed: panel.metrics[metric].values.count { !$0.isNaN })
    }
  }

  /// Those that an intervention of this type does not change: factors of its own type it may.
  func beside(_ type: FactorType) -> [[Double]] {
    covariates.filter { $0.type != type }.map(\.values)
  }
}

import Detection
import Inference
import Simulation

/// The findings of the pure modules about simulated twins, without jobs and their rules. A weak module shows here
/// first.
enum ChainModules {
  static func facts(_ twin: SimulatedTwin) throws -> [StatedFact] {
    try correlations(twin) + effects(twin) + courses(twin)
  }

  private static func correlations(_ twin: SimulatedTwin) throws -> [StatedFact] {
    var factors = twin.factors.map { (name: $0.name, values: $0.recorded) }
    for product in twin.products {
      let use = (0..<twin.days).map { day in
        twin.isScanned[day] ? (product.used.contains(day) ? 1.0 : 0) : .nan
      }
      factors.append((product.name, use))
    }
    let tests = try CorrelationSearch().tests(
      factors: factors.map(\.values), metrics: twin.metrics.map(\.recorded))
    let q = FalseDiscoveryRate.adjusted(tests.map(\.p), families: tests.map { _ in 0 })
    return zip(tests, q).filter { $0.1 <= 0.05 }.map { test, q in
      StatedFact(
        kind: .correlation, twin: twin.number, metric: twin.metrics[test.metric].name,
        cause: factors[test.factor].name, direction: test.direction, lag: test.lag, surety: q)
    }
  }

  private static func effects(_ twin: SimulatedTwin) throws -> [StatedFact] {
    var facts: [StatedFact] = []
    for (index, product) in twin.products.enumerated() {
      let start = product.used.lowerBound
      let end = product.used.upperBound
      // Other starts and stops within the time that is looked at.
      let others = twin.products.enumerated().filter { $0.offset != index }
        .flatMap { [$0.element.used.lowerBound, $0.element.used.upperBound] }.filter { $0 > 0 && $0 < end }
      var estimates: [(metric: Int, estimate: EffectEstimate)] = []
      for (number, metric) in twin.metrics.enumerated() {
        do {
          let estimate = try EffectEstimator().estimate(Array(metric.recorded[..<end]), start: start, others: others)
          estimates.append((number, estimate))
        } catch {
          // Too few data, or starts too close together: no statement.
          continue
        }
      }
      let q = FalseDiscoveryRate.adjusted(estimates.map(\.estimate.p))
      for (entry, q) in zip(estimates, q) where q <= 0.05 {
        facts.append(
          StatedFact(
            kind: .effect, twin: twin.number, metric: twin.metrics[entry.metric].name, cause: product.name,
            direction: entry.estimate.effect < 0 ? -1 : 1, days: start...(end - 1), surety: q))
      }
    }
    return facts
  }

  private static func courses(_ twin: SimulatedTwin) -> [StatedFact] {
    twin.metrics.flatMap { metric in
      let values = metric.recorded
      var facts = ChangePoints.find(in: values).map { change in
        StatedFact(
          kind: .change, twin: twin.number, metric: metric.name, direction: change.step < 0 ? -1 : 1,
          days: change.index...change.index, surety: change.confidence)
      }
      if let trend = Trend(of: values, level: 0.99), trend.isSignificant {
        facts.append(
          StatedFact(
            kind: .trend, twin: twin.number, metric: metric.name, direction: trend.slope < 0 ? -1 : 1,
            days: 0...(twin.days - 1), surety: trend.p))
      }
      var scorer = AnomalyScorer()
      for day in values.indices {
        let score = scorer.score(time: twin.instant(day).timeIntervalSince1970, value: values[day])
        guard score >= AnomalyScorer.defaultThreshold else { continue }
        facts.append(
          StatedFact(kind: .anomaly, twin: twin.number, metric: metric.name, days: day...day, surety: score))
      }
      for finding in DataQuality.stuck(in: values) {
        facts.append(
          StatedFact(
            kind: .dataQuality, twin: twin.number, metric: metric.name,
            days: finding.samples.lowerBound...(finding.samples.upperBound - 1), detail: "stuck"))
      }
      return facts
    }
  }
}

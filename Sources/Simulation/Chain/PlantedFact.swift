/// Something true of a twin that the chain could find.
///
/// Changes, trends, anomalies and stuck sensors are findable only while they are news, as the insights tell nothing
/// else: changes of the newest 60 days with a week of them behind it, trends that go on through all of the newest 56
/// days (the oracle sees no others), anomalies and stuck sensors of the newest 14 days.
package struct PlantedFact: Sendable {
  package let kind: FactKind
  package let twin: Int
  package let metric: String
  /// The factor or product; nil for what has no cause by name.
  package let cause: String?
  /// Lag of a correlation, else the day.
  package let when: Int
  /// 1 or −1: the way the metric moves with the cause, or from the day on.
  package let direction: Int
  /// δ of the oracle.
  package let signal: Double
  /// The oracle's power is at least 0.8.
  package let isFindable: Bool
}

/// The kinds of statements that are judged.
package enum FactKind: String, Sendable, CaseIterable {
  case correlation, effect, change, trend, opportunity, anomaly, dataQuality, risk, milestone, recommendation
}

/// How far back something is news.
private enum News {
  static let change = 60
  static let trend = 56
  static let anomaly = 14
  static let behindChange = 7
}

extension SimulatedTwin {
  /// Everything planted, with what the oracle says to it.
  package func plantedFacts() -> [PlantedFact] {
    var facts: [PlantedFact] = []
    for metric in metrics {
      facts += correlations(metric) + effects(metric)
      facts += changes(metric) + trends(metric)
      facts += spikes(metric) + stuckRuns(metric)
    }
    return facts
  }

  private func course(_ action: FactorAction) -> [Double] {
    (0..<days).map { factors[action.factor].deviation($0, lag: action.lag) }
  }

  private func course(_ effect: ProductEffect) -> [Double] {
    (0..<days).map { effect.share($0, used: products[effect.product].used) }
  }

  private func course(_ trend: SlowTrend) -> [Double] { (0..<days).map { max(0, Double($0 - trend.from)) } }

  private func course(_ shift: LevelShift) -> [Double] { (0..<days).map { $0 >= shift.day ? 1 : 0 } }

  /// Courses of all that acts on a metric for longer than a day, but the cause with this number, and the use of all
  /// products but one.
  private func others(_ metric: SimulatedMetric, but left: Int?, product: Int? = nil) -> [[Double]] {
    var all = metric.actions.map { course($0) }
    all += metric.effects.map { course($0) }
    all += metric.shifts.map { course($0) }
    if let trend = metric.trend { all.append(course(trend)) }
    // A detector does not know that a product does nothing: it must allow for each.
    let used = products.indices.filter { $0 != product }.map { number in
      (0..<days).map { products[number].used.contains($0) ? 1.0 : 0 }
    }
    return all.enumerated().filter { $0.offset != left }.map(\.element) + used
  }

  private func fact(
    _ kind: FactKind, _ metric: SimulatedMetric, cause: String? = nil, when: Int, size: Double, signal: Double,
    there: Int, tried: Int, isNews: Bool = true
  ) -> PlantedFact {
    PlantedFact(
      kind: kind, twin: number, metric: metric.name, cause: cause, when: when, direction: size < 0 ? -1 : 1,
      signal: signal, isFindable: isNews && Oracle.finds(signal, there: there, tried: tried))
  }

  /// Tried: every factor against every metric at every lag.
  private func correlations(_ metric: SimulatedMetric) -> [PlantedFact] {
    let there = metrics.reduce(0) { $0 + $1.actions.count }
    return metric.actions.enumerated().map { index, action in
      let signal = Oracle(metric, other: others(metric, but: index)).signal(course(action), size: action.size)
      return fact(
        .correlation, metric, cause: factors[action.factor].name, when: action.lag, size: action.size,
        signal: signal, there: there, tried: factors.count * metrics.count * (SimulatedFactor.lead + 1))
    }
  }

  /// Tried: every metric of every product.
  private func effects(_ metric: SimulatedMetric) -> [PlantedFact] {
    metric.effects.enumerated().map { index, effect in
      let number = metric.actions.count + index
      let used = products[effect.product].used
      let other = others(metric, but: number, product: effect.product)
      let signal = Oracle(metric, other: other).signal(course(effect), size: effect.size)
      return fact(
        .effect, metric, cause: products[effect.product].name, when: used.lowerBound, size: effect.size,
        signal: signal, there: metrics.reduce(0) { $0 + $1.effects.count }, tried: products.count * metrics.count)
    }
  }

  /// Whether a regime changed so close to a product's start that not even the oracle, which knows noise and day, could
  /// tell the step from what the product may do (at once, or over 5 or 20 days): power below 0.8 at a level of 5 %.
  package func isConfounded(_ metric: SimulatedMetric, product: Int) -> Bool {
    let used = products[product].used
    let courses = [0, 5, 20].map { course(ProductEffect(product: product, size: 1, timeConstant: $0)) }
    return metric.shifts.enumerated().contains { index, shift in
      guard abs(shift.day - used.lowerBound) <= Self.confoundingDays else { return false }
      let number = metric.actions.count + metric.effects.count + index
      let other = others(metric, but: number, product: product) + courses
      return !Oracle.finds(Oracle(metric, other: other).signal(course(shift), size: shift.size), there: 1, tried: 1)
    }
  }

  /// Days from a product's start within which a change of regime may be taken for its doing.
  private static let confoundingDays = 21

  /// Tried: every day of every metric.
  private func changes(_ metric: SimulatedMetric) -> [PlantedFact] {
    metric.shifts.enumerated().map { index, shift in
      let number = metric.actions.count + metric.effects.count + index
      let signal = Oracle(metric, other: others(metric, but: number)).signal(course(shift), size: shift.size)
      return fact(
        .change, metric, when: shift.day, size: shift.size, signal: signal,
        there: metrics.reduce(0) { $0 + $1.shifts.count }, tried: days * metrics.count,
        isNews: (days - News.change...days - News.behindChange).contains(shift.day))
    }
  }

  /// Tried: every metric.
  private func trends(_ metric: SimulatedMetric) -> [PlantedFact] {
    guard let trend = metric.trend else { return [] }
    let number = metric.actions.count + metric.effects.count + metric.shifts.count
    let oracle = Oracle(metric, other: others(metric, but: number), newest: News.trend, allowsForTrend: false)
    let signal = oracle.signal(course(trend), size: trend.slope)
    return [
      fact(
        .trend, metric, when: trend.from, size: trend.slope, signal: signal,
        there: metrics.count { $0.trend != nil }, tried: metrics.count, isNews: trend.from <= days - News.trend)
    ]
  }

  /// Tried: every day of every metric.
  private func spikes(_ metric: SimulatedMetric) -> [PlantedFact] {
    metric.spikes.map { spike in
      let course = (0..<days).map { $0 == spike.day ? 1.0 : 0 }
      let signal = Oracle(metric, other: others(metric, but: nil)).signal(course, size: spike.size)
      return fact(
        .anomaly, metric, when: spike.day, size: spike.size, signal: signal,
        there: metrics.reduce(0) { $0 + $1.spikes.count }, tried: days * metrics.count,
        isNews: spike.day >= days - News.anomaly)
    }
  }

  /// Findable: with at least seven values recorded in the run, and not long ago.
  private func stuckRuns(_ metric: SimulatedMetric) -> [PlantedFact] {
    metric.stuck.map { run in
      let values = run.count { !metric.recorded[$0].isNaN }
      return PlantedFact(
        kind: .dataQuality, twin: number, metric: metric.name, cause: nil, when: run.lowerBound, direction: 1,
        signal: Double(values), isFindable: values >= 7 && run.upperBound > days - News.anomaly)
    }
  }
}

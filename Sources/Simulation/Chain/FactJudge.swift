/// Holds statements against the truth of a simulated twin.
///
/// - correlation: that factor acts on that metric with that sign at that lag, give or take a day; of a product in use,
///   it acts with that sign.
/// - effect: that product acts on that metric in that direction. Where a regime changed so close to the product's start
///   that not even the oracle could tell one from the other (`SimulatedTwin.isConfounded`), no observation decides, and
///   the statement counts as neither true nor false, whether or not the product acts.
/// - change: within ten days of the day (for what unfolds slowly, within its time constant more) a regime changes, a
///   product that acts on the metric is started or stopped, or a trend of it begins; or the expected path is, over two
///   weeks, by half a standard deviation of the noise elsewhere than over the two weeks before. The direction is that
///   of the expected path.
/// - trend: the straight line through the expected path over the stated days goes in that direction, by a quarter of a
///   standard deviation of the noise or more.
/// - anomaly: within a day a spike or a change, or something new whose probability was below 1/1000.
/// - data quality: a stuck sensor where one was; a gap where nothing was recorded.
/// - opportunity, risk (of a cause), recommendation: as the correlation or effect that it names.
package struct FactJudge: Sendable {
  package let twin: SimulatedTwin

  package static let nearby = 10
  package static let rare = 0.001

  package func judge(_ fact: StatedFact) -> Judgement {
    guard let metric = twin.metric(fact.metric) else { return .no("no such metric") }
    switch fact.kind {
    case .correlation: return relation(fact, metric)
    case .effect: return effect(fact, metric)
    case .opportunity, .risk, .recommendation:
      if let cause = fact.cause { return twin.product(cause) == nil ? relation(fact, metric) : effect(fact, metric) }
      return .no("names no cause")
    case .change: return change(fact, metric)
    case .trend: return trend(fact, metric)
    case .anomaly: return anomaly(fact, metric)
    case .dataQuality: return quality(fact, metric)
    case .milestone: return .no("not judged")
    }
  }

  // MARK: - Causes

  private func relation(_ fact: StatedFact, _ metric: SimulatedMetric) -> Judgement {
    guard let cause = fact.cause else { return .no("names no cause") }
    if let product = twin.product(cause) {
      let sizes = metric.effects.filter { $0.product == product }.map(\.size)
      guard let size = sizes.first else { return .no("the product does not act on it") }
      return sign(size) == fact.direction ? .yes("acts") : .no("the sign is wrong")
    }
    guard let factor = twin.factor(cause) else { return .no("no such factor") }
    guard let action = metric.actions.first(where: { $0.factor == factor }) else {
      return .no("the factor does not act on it" + noiseWords(metric))
    }
    guard sign(action.size) == fact.direction else { return .no("the sign is wrong") }
    if let lag = fact.lag, abs(lag - action.lag) > 1 { return .no("the lag is wrong") }
    return .yes("acts")
  }

  private func effect(_ fact: StatedFact, _ metric: SimulatedMetric) -> Judgement {
    guard let cause = fact.cause, let product = twin.product(cause) else { return .no("no such product") }
    var judgement = effect(fact, metric, of: product)
    judgement.isDecidable = !twin.isConfounded(metric, product: product)
    return judgement
  }

  private func effect(_ fact: StatedFact, _ metric: SimulatedMetric, of product: Int) -> Judgement {
    guard let effect = metric.effects.first(where: { $0.product == product }) else {
      return .no("the product does not act on it" + company(twin.products[product], metric) + noiseWords(metric))
    }
    return fact.direction == nil || sign(effect.size) == fact.direction ? .yes("acts") : .no("the sign is wrong")
  }

  // MARK: - Courses

  private func change(_ fact: StatedFact, _ metric: SimulatedMetric) -> Judgement {
    guard let day = fact.days?.lowerBound else { return .no("names no day") }
    if fact.detail == "steadier" || fact.detail == "restless" {
      let isStuck = metric.stuck.contains { ($0.lowerBound - Self.nearby...$0.upperBound + Self.nearby).contains(day) }
      return isStuck ? .yes("stuck") : .no("the scatter does not change" + noiseWords(metric))
    }
    let moved = mean(metric.expected, day..<(day + 14)) - mean(metric.expected, (day - 14)..<day)
    let isRight = fact.direction == nil || sign(moved) == fact.direction
    let causes = beginnings(metric).filter { $0.days.contains(day) }
    if let cause = causes.first { return isRight ? .yes(cause.name) : .no("the sign is wrong") }
    if abs(moved) >= 0.5 * metric.noise.total, isRight { return .yes("the expected path moves") }
    return .no("nothing changes there" + noiseWords(metric))
  }

  /// Days around which a metric starts to go elsewhere, and why.
  private func beginnings(_ metric: SimulatedMetric) -> [(name: String, days: ClosedRange<Int>)] {
    var all: [(String, ClosedRange<Int>)] = []
    func add(_ name: String, _ day: Int, lasting: Double = 0) {
      all.append((name, (day - Self.nearby)...(day + Self.nearby + Int(lasting))))
    }
    for shift in metric.shifts { add("regime", shift.day) }
    for effect in metric.effects {
      let used = twin.products[effect.product].used
      add("product started", used.lowerBound, lasting: effect.timeConstant)
      if used.upperBound < twin.days { add("product stopped", used.upperBound, lasting: effect.timeConstant) }
    }
    if let trend = metric.trend, trend.from > 0 { add("trend begins", trend.from) }
    return all
  }

  private func trend(_ fact: StatedFact, _ metric: SimulatedMetric) -> Judgement {
    guard let days = fact.days, let direction = fact.direction else { return .no("names no days or direction") }
    let movement = lineMovement(metric.expected, max(0, days.lowerBound)...min(twin.days - 1, days.upperBound))
    guard abs(movement) >= 0.25 * metric.noise.total else { return .no("the path is level" + noiseWords(metric)) }
    return sign(movement) == direction ? .yes("the path goes there") : .no("the path goes the other way")
  }

  // MARK: - Days

  private func anomaly(_ fact: StatedFact, _ metric: SimulatedMetric) -> Judgement {
    guard let days = fact.days else { return .no("names no day") }
    let near = (days.lowerBound - 1)...(days.upperBound + 1)
    if metric.spikes.contains(where: { near.contains($0.day) }) { return .yes("spike") }
    if metric.shifts.contains(where: { near.contains($0.day) || near.contains($0.day + 1) }) { return .yes("regime") }
    if metric.stuck.contains(where: { $0.contains(days.lowerBound) || $0.contains(days.upperBound) }) {
      return .yes("stuck")
    }
    for day in near where metric.chances.indices.contains(day) && metric.chances[day] < Self.rare {
      return .yes("a rare day")
    }
    return .no("an ordinary day" + noiseWords(metric))
  }

  private func quality(_ fact: StatedFact, _ metric: SimulatedMetric) -> Judgement {
    guard let days = fact.days else { return .no("names no days") }
    switch fact.detail {
    case "stuck":
      return metric.stuck.contains { $0.overlaps(days) } ? .yes("stuck") : .no("not stuck")
    case "gap":
      let inside = days.clamped(to: 0...(twin.days - 1))
      return inside.allSatisfy { metric.recorded[$0].isNaN } ? .yes("gap") : .no("something was recorded")
    default: return .no("no such fault was made: \(fact.detail ?? "")")
    }
  }

  // MARK: - Numbers and words

  private func sign(_ value: Double) -> Int { value < 0 ? -1 : 1 }

  private func mean(_ values: [Double], _ range: Range<Int>) -> Double {
    let inside = range.clamped(to: 0..<values.count)
    return inside.isEmpty ? 0 : values[inside].reduce(0, +) / Double(inside.count)
  }

  /// The rise of the least-squares line through the values from the first to the last day.
  private func lineMovement(_ values: [Double], _ days: ClosedRange<Int>) -> Double {
    guard days.count > 2 else { return 0 }
    let middle = Double(days.lowerBound + days.upperBound) / 2
    var products = 0.0
    var squares = 0.0
    for day in days {
      products += (Double(day) - middle) * values[day]
      squares += (Double(day) - middle) * (Double(day) - middle)
    }
    return products / squares * Double(days.count - 1)
  }

  /// The properties of the noise that are known to mislead: heavy tails, measurement noise, long memory, a trend.
  private func noiseWords(_ metric: SimulatedMetric) -> String {
    var words: [String] = []
    if metric.noise.isHeavy { words.append("heavy tails") }
    if metric.noise.measurement > 0 { words.append("measurement noise") }
    if metric.noise.autocorrelation > 0.9 { words.append("long memory") }
    if !metric.shifts.isEmpty { words.append("regime change") }
    if metric.trend != nil { words.append("trend") }
    return words.isEmpty ? "" : " (" + words.joined(separator: ", ") + ")"
  }

  /// Whether something else begins beside the product.
  private func company(_ product: SimulatedProduct, _ metric: SimulatedMetric) -> String {
    let start = product.used.lowerBound
    for effect in metric.effects where abs(twin.products[effect.product].used.lowerBound - start) <= 21 {
      return ", another one started beside it does"
    }
    for shift in metric.shifts where abs(shift.day - start) <= 21 { return ", a regime changed beside it" }
    return ""
  }
}

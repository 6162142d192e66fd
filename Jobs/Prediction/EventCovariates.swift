import Analysis
import Forecasting
import FoundationEssentials
import Series
import Twins

/// Past and planned events of a twin as covariates of a metric's forecast.
///
/// A use of something, from its start to its stop, is 1 while it lasts. An intervention at one instant acts from then on:
/// each adds 1. Any other event is 1 at its step, by its type. A step is the one that holds the instant, as in effect and
/// correlation jobs.
struct EventCovariates: Sendable {
  private let uses: [InterventionUse]
  private let pulses: [TwinEvent]

  /// Most covariates of a metric: those that change most often in the history tell most about themselves.
  static let limit = 16

  /// - Parameter events: by time.
  init(_ events: [TwinEvent], domain: Domain) {
    uses = InterventionUse.uses(events, domain: domain)
    let stems = domain.interventions.flatMap { [$0.event, $0.started, $0.stopped] }
    pulses = events.filter { event in
      !stems.contains(event.type) && !event.type.hasSuffix("_started") && !event.type.hasSuffix("_stopped")
    }
  }

  /// Everything that the covariates depend on.
  func combine(into hash: inout Fingerprint) {
    hash.combine(uses)
    hash.combine(pulses.count)
    for pulse in pulses {
      hash.combine(pulse.type)
      hash.combine(pulse.occurredAt)
    }
  }

  /// The covariates that change within the samples, by name; one value for each sample and each step ahead.
  func covariates(of samples: RegularSeries, steps: Int) -> [Covariate] {
    let n = samples.values.count
    let count = n + steps
    guard !uses.isEmpty || !pulses.isEmpty, n > 1 else { return [] }
    var byName: [String: [Double]] = [:]
    func add(_ name: String, _ range: Range<Int>) {
      guard !range.isEmpty else { return }
      var values = byName[name] ?? [Double](repeating: 0, count: count)
      for t in range { values[t] += 1 }
      byName[name] = values
    }
    func sample(_ date: Date) -> Int { Self.sample(date, samples, count) }
    for use in uses {
      let name = use.factor == use.intervention.event ? use.factor : "\(use.intervention.event) \(use.factor)"
      let first = max(0, use.start.map(sample) ?? 0)
      // A use that ends within its first step acted on that step.
      let end = min(count, max(use.end.map(sample) ?? count, first + 1))
      if first < count, use.end.map({ sample($0) >= 0 }) ?? true { add(name, first..<end) }
    }
    for pulse in pulses {
      let at = sample(pulse.occurredAt)
      if at >= 0, at < count { add(pulse.type, at..<(at + 1)) }
    }
    let found = byName.map { name, values in
      (
        covariate: Covariate(name: name, values: values),
        changes: (1..<n).count { values[$0] != values[$0 - 1] }
      )
    }
    func precedes(_ one: Covariate, _ other: Covariate) -> Bool {
      one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }
    let chosen = found.filter { $0.changes > 0 }
      .sorted { $0.changes != $1.changes ? $0.changes > $1.changes : precedes($0.covariate, $1.covariate) }
      .prefix(Self.limit)
    return chosen.map(\.covariate)
  }

  /// The sample whose step holds an instant: −1 before the first, `count` after the last.
  private static func sample(_ date: Date, _ samples: RegularSeries, _ count: Int) -> Int {
    guard date >= samples.start else { return -1 }
    var low = 0
    var high = count
    while high - low > 1 {
      let middle = (low + high) / 2
      if samples.date(at: middle) <= date { low = middle } else { high = middle }
    }
    return low == count - 1 && samples.date(at: count) <= date ? count : low
  }
}

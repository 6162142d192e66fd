import FoundationEssentials
import Queue
import Twins

/// What is recorded of a twin and can be used: metrics, what may act on them, and the interventions.
package struct TwinRecords: Sendable {
  package let twin: UUID
  package let domain: Domain
  package let choice: RecordChoice
  /// By name, ascending.
  package let metrics: [ObservedSeries<Metric>]
  /// By name, ascending.
  package let factors: [ObservedSeries<Factor>]
  /// By start, unknown ones first.
  package let uses: [InterventionUse]
  /// Values that were there and could not be used: no numbers, or outside the valid range.
  package let skipped: Int
  package let lastInputHash: String?
  /// The server's clock when it was read.
  package let readAt: Date

  /// Picks what the job asked for.
  /// - Throws: a permanent `JobFailure` when it asked for what was never observed.
  package init(_ known: KnownTwin, _ choice: RecordChoice) throws(JobFailure) {
    let (history, domain) = (known.history, known.domain)
    let observed = history.observations.filter { !$0.values.isEmpty }
    let metrics = observed.filter { domain.metric($0.metric) != nil }
    let factors = observed.filter { domain.factor($0.metric) != nil }
    let uses = InterventionUse.uses(history.events, domain: domain)
    try Self.check(choice.metrics, observed: metrics.map(\.metric), of: known, "metric")
    try Self.check(
      choice.factors, observed: factors.map(\.metric) + Set(uses.map(\.factor)).sorted(), of: known, "factor")

    let newest = metrics.compactMap(\.observedAt.last).max() ?? history.readAt
    let since = choice.historyDays.map { newest.addingTimeInterval(-86_400 * Double($0)) } ?? .distantPast
    var skipped = history.observations.reduce(0) { $0 + $1.skipped }
    func usable<Definition>(_ definition: Definition, _ one: Observations) -> ObservedSeries<Definition>? {
      let series = ObservedSeries(definition, one)
      skipped += series.rejected.count
      return series.after(since)
    }
    self.metrics = metrics.compactMap { one in
      guard choice.metrics?.contains(one.metric) ?? true, let metric = domain.metric(one.metric) else { return nil }
      return usable(metric, one)
    }
    self.factors = factors.compactMap { one in
      guard choice.factors?.contains(one.metric) ?? true, let factor = domain.factor(one.metric) else { return nil }
      return usable(factor, one)
    }
    self.uses = uses
    twin = history.twin
    self.domain = domain
    self.choice = choice
    self.skipped = skipped
    lastInputHash = history.lastInputHash
    readAt = history.readAt
  }

  private static func check(
    _ wanted: [String]?, observed: [String], of known: KnownTwin, _ what: String
  ) throws(JobFailure) {
    let unknown = Set(wanted ?? []).subtracting(observed).sorted()
    guard !unknown.isEmpty else { return }
    let there = observed.isEmpty ? "no \(what)" : observed.joined(separator: ", ")
    throw JobFailure(
      "\(known.name) has no observations of \(what) \(unknown.joined(separator: ", ")); observed: \(there)",
      isPermanent: true)
  }

  /// Whether an intervention is among what the job asked for.
  package func isChosen(_ use: InterventionUse) -> Bool { choice.factors?.contains(use.factor) ?? true }

  /// The hash of everything that a result depends on: code, definition of the domain, parameters, records. Not the
  /// clock, not the job: two jobs with the same input have the same hash.
  /// - Parameters:
  ///   - parameters: what the kind's arguments say beyond the choice of records, in a fixed order.
  ///   - nothing: why nothing can be computed, if so: the result then depends on that, not on the records.
  package func hash(kind: String, parameters: [Double] = [], nothing: String? = nil) -> String {
    var hash = Fingerprint()
    hash.combine(kind)
    hash.combine(BuildInfo.version)
    hash.combine(domain.fingerprint)
    hash.combine(choice.historyDays ?? 0)
    hash.combine(choice.factors == nil ? 0 : 1)
    for name in Set(choice.factors ?? []).sorted() { hash.combine(name) }
    hash.combine(parameters.count)
    for parameter in parameters { hash.combine(parameter) }
    if let nothing {
      hash.combine(nothing)
      return hash.hex
    }
    hash.combine(metrics.count)
    for one in metrics { Self.combine(one.definition.name, one, into: &hash) }
    hash.combine(factors.count)
    for one in factors { Self.combine(one.definition.name, one, into: &hash) }
    hash.combine(uses.count)
    for use in uses {
      hash.combine(use.intervention.event)
      hash.combine(use.factor)
      for date in [use.start, use.end] { hash.combine(date?.timeIntervalSinceReferenceDate ?? .nan) }
      hash.combine(use.isLasting ? 1 : 0)
    }
    return hash.hex
  }

  private static func combine<Definition>(
    _ name: String, _ one: ObservedSeries<Definition>, into hash: inout Fingerprint
  ) {
    hash.combine(name)
    hash.combine(one.values.count)
    for date in one.observedAt { hash.combine(date.timeIntervalSinceReferenceDate) }
    for value in one.values { hash.combine(value) }
  }
}

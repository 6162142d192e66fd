import FoundationEssentials
import Queue
import Twins

/// The usable records of a twin: metrics, the factors that may act on them, and the interventions.
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
  package init(_ resolved: ResolvedTwin, _ choice: RecordChoice) throws(JobFailure) {
    let (history, domain) = (resolved.history, resolved.domain)
    let observed = history.observations.filter { !$0.values.isEmpty }
    let metrics = observed.filter { domain.metric($0.metric) != nil }
    let factors = observed.filter { domain.factor($0.metric) != nil }
    let uses = InterventionUse.uses(history.events, domain: domain)
    try Self.check(choice.metrics, observed: metrics.map(\.metric), of: resolved, "metric")
    try Self.check(
      choice.factors, observed: factors.map(\.metric) + Set(uses.map(\.factor)).sorted(), of: resolved, "factor")

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
    _ wanted: [String]?, observed: [String], of twin: ResolvedTwin, _ what: String
  ) throws(JobFailure) {
    let unknown = Set(wanted ?? []).subtracting(observed).sorted()
    guard !unknown.isEmpty else { return }
    let there = observed.isEmpty ? "no \(what)" : observed.joined(separator: ", ")
    throw JobFailure(
      "\(twin.name) has no observations of \(what) \(unknown.joined(separator: ", ")); observed: \(there)",
      isPermanent: true)
  }

  /// Whether an intervention is among what the job asked for.
  package func isChosen(_ use: InterventionUse) -> Bool { choice.factors?.contains(use.factor) ?? true }

  /// The hash of everything that a result depends on.
  /// - Parameters:
  ///   - parameters: what the kind's arguments say beyond the choice of records, in a fixed order.
  ///   - nothing: why nothing can be computed, if so: the result then depends on that, not on the records.
  package func hash(of kind: KindDefinition, parameters: [Double] = [], nothing: String? = nil) -> Fingerprint {
    var hash = Fingerprint(of: kind, domain: domain)
    hash.combine(choice.historyDays ?? 0)
    hash.combine(asked: choice.factors)
    hash.combine(parameters.count)
    for parameter in parameters { hash.combine(parameter) }
    if let nothing {
      hash.combine(nothing)
      return hash
    }
    hash.combine(metrics.count)
    for metric in metrics { hash.combine(metric) }
    hash.combine(factors.count)
    for factor in factors { hash.combine(factor) }
    hash.combine(uses)
    return hash
  }
}

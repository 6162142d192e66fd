import FoundationEssentials
import Queue
import Twins

// The hash of an input holds everything that a result depends on: the kind and its revision, the definition of the
// domain, parameters, records. Not the clock, not the job, not the program's version: two jobs with the same input have
// the same hash, and a release that changes nothing of a kind recomputes no twin.
extension Fingerprint {
  /// Begins the hash of an input with what decides beside the records.
  package init(of kind: KindDefinition, domain: Domain) {
    self.init()
    combine(kind.name)
    combine(kind.revision)
    combine(domain.fingerprint)
  }

  /// Feeds an instant; nil differs from each.
  package mutating func combine(_ date: Date?) {
    combine(date?.timeIntervalSinceReferenceDate ?? .nan)
  }

  /// Feeds names that were asked for, in whatever order; nil, which asks for all, differs from each choice.
  package mutating func combine(asked names: [String]?) {
    let names = names.map { Set($0).sorted() }
    combine(names?.count ?? -1)
    for name in names ?? [] { combine(name) }
  }

  /// Feeds the usable values of a metric or factor.
  package mutating func combine(_ series: ObservedSeries<some Ranged>) {
    combine(series.definition.name)
    combine(series.observedAt, series.values)
  }

  /// Feeds values with their instants.
  package mutating func combine(_ dates: [Date], _ values: [Double]) {
    combine(values.count)
    for date in dates { combine(date.timeIntervalSinceReferenceDate) }
    for value in values { combine(value) }
  }

  /// Feeds uses of products and other interventions.
  package mutating func combine(_ uses: [InterventionUse]) {
    combine(uses.count)
    for use in uses {
      combine(use.intervention.event)
      combine(use.factor)
      combine(use.start)
      combine(use.end)
      combine(use.isLasting ? 1 : 0)
    }
  }

  /// Feeds events.
  package mutating func combine(_ events: [TwinEvent]) {
    combine(events.count)
    for event in events {
      combine(event.occurredAt)
      combine(event.type)
      combine(event.factor)
    }
  }
}

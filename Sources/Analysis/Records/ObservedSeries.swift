import FoundationEssentials
import Series
import Twins

/// A metric or a factor: a name and a range of valid values.
package protocol Ranged: Sendable {
  /// Unique among the domain's metrics and factors.
  var name: String { get }

  /// Whether the value is within the valid range; NaN and infinities are not.
  func accepts(_ value: Double) -> Bool
}

extension Metric: Ranged {}
extension Factor: Ranged {}

/// The observations of one metric or factor, split by whether its range accepts the values.
package struct ObservedSeries<Definition: Ranged>: Sendable {
  package let definition: Definition
  /// Instants of the usable values, ascending; may repeat.
  package let observedAt: [Date]
  /// The usable values: those within the range.
  package let values: [Double]
  /// Instants of the values outside of the range, ascending.
  package let rejectedAt: [Date]
  /// The values outside of the range.
  package let rejected: [Double]

  package init(_ definition: Definition, _ observations: Observations) {
    self.definition = definition
    let isUsable = observations.values.map(definition.accepts)
    guard isUsable.contains(false) else {
      (observedAt, values) = (observations.observedAt, observations.values)
      (rejectedAt, rejected) = ([], [])
      return
    }
    let usable = isUsable.indices.filter { isUsable[$0] }
    let others = isUsable.indices.filter { !isUsable[$0] }
    observedAt = usable.map { observations.observedAt[$0] }
    values = usable.map { observations.values[$0] }
    rejectedAt = others.map { observations.observedAt[$0] }
    rejected = others.map { observations.values[$0] }
  }

  package init(
    _ definition: Definition, observedAt: [Date], values: [Double], rejectedAt: [Date] = [], rejected: [Double] = []
  ) {
    self.definition = definition
    self.observedAt = observedAt
    self.values = values
    self.rejectedAt = rejectedAt
    self.rejected = rejected
  }

  /// The usable values after an instant; nil when there are none.
  package func after(_ date: Date) -> ObservedSeries? {
    let first = observedAt.firstIndex { $0 > date } ?? observedAt.endIndex
    guard first < observedAt.endIndex else { return nil }
    guard first > 0 else { return self }
    return ObservedSeries(
      definition, observedAt: Array(observedAt[first...]), values: Array(values[first...]), rejectedAt: rejectedAt,
      rejected: rejected)
  }
}

extension ObservedSeries<Metric> {
  /// The usable values on the metric's grid.
  /// - Parameter limit: most samples, the newest.
  /// - Throws: `SeriesError`, whose description says what to do.
  package func samples(limit: Int) throws(SeriesError) -> RegularSeries {
    try Resampling.newest(
      limit, timestamps: observedAt, values: values, intervalSeconds: definition.intervalSeconds,
      aggregation: definition.aggregation)
  }
}

import Detection
import FoundationEssentials
import Series
import Twins

/// One metric of a twin as rules look at it: regular samples, and what is derived from them once for all rules.
package struct MetricEvidence: Sendable {
  package let metric: Metric
  /// Usable observations on the metric's grid; NaN = missing.
  package let samples: RegularSeries
  /// Observations outside of the metric's range, oldest first.
  package let rejected: [(at: Date, value: Double)]
  /// The newest usable observation.
  package let observedUntil: Date
  /// Changes of the newest `changeSpan` samples, with indices into `samples`.
  package let changes: [ChangePoint]

  /// Samples within which changes are looked for: the search takes time by their square.
  package static let changeSpan = 256

  package init(_ metric: Metric, _ samples: RegularSeries, rejected: [(at: Date, value: Double)], observedUntil: Date) {
    self.metric = metric
    self.samples = samples
    self.rejected = rejected
    self.observedUntil = observedUntil
    let first = max(0, samples.values.count - Self.changeSpan)
    changes = ChangePoints.find(in: Array(samples.values[first...])).map { change in
      var change = change
      change.index += first
      return change
    }
  }

  package var count: Int { samples.values.count }

  /// Seconds between samples.
  package var step: TimeInterval { samples.interval / .seconds(1) }

  package func date(_ index: Int) -> Date { samples.date(at: index) }

  /// Known or likely seasons in samples, each at least two, ascending.
  package var seasons: [Int] {
    guard let seconds = metric.seasonSeconds else { return Seasonality.candidatePeriods(for: samples.interval) }
    return seconds.compactMap { length in
      let steps = (length / step).rounded()
      return steps >= 2 && steps < 1e9 && abs(length / step - steps) < 0.01 ? Int(steps) : nil
    }
  }

  /// Present samples of a range, with their indices.
  package func present(_ range: Range<Int>) -> [(index: Int, value: Double)] {
    range.clamped(to: 0..<count).compactMap { samples.values[$0].isNaN ? nil : ($0, samples.values[$0]) }
  }

  /// Mean of the present samples of a range; nil when there are none.
  package func mean(_ range: Range<Int>) -> Double? {
    let values = present(range)
    return values.isEmpty ? nil : values.reduce(0) { $0 + $1.value } / Double(values.count)
  }

  /// Whether a move of the metric is for the better; nil when nothing is known of its direction.
  /// - Parameters:
  ///   - from: level before.
  ///   - to: level after.
  package func isBetter(from: Double, to: Double) -> Bool? {
    switch metric.direction {
    case .higher: to > from
    case .lower: to < from
    case .middle(let best): abs(to - best) < abs(from - best)
    case nil: nil
    }
  }
}

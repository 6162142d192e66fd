import FoundationEssentials
import Glibc

/// A skincare twin of which everything is known: what an application would have recorded, and what made it so.
package struct SimulatedTwin: Sendable {
  /// From 0.
  package let number: Int
  package let id: UUID
  /// Midnight (UTC) of day 0.
  package let start: Date
  /// Recorded days.
  package let days: Int
  /// Nothing acts on anything, nothing breaks: only noise, weeks and missing days.
  package let isQuiet: Bool
  package let factors: [SimulatedFactor]
  package let products: [SimulatedProduct]
  package let metrics: [SimulatedMetric]
  /// Whether day d has a snapshot.
  package let isScanned: [Bool]
  /// Long stretches without any snapshot.
  package let gaps: [Range<Int>]

  package var subject: String { "bench-chain-\(number)" }

  /// The day of an instant, which may lie outside of the recorded ones.
  package func day(of instant: Date) -> Int {
    Int((instant.timeIntervalSince(start) / 86_400).rounded(.down))
  }

  /// When day d was scanned: some time in the morning.
  package func instant(_ day: Int) -> Date {
    start.addingTimeInterval(Double(day) * 86_400 + 21_600 + Double((day * 2_654_435 + number * 97) % 7_200))
  }

  package func factor(_ name: String) -> Int? { factors.firstIndex { $0.name == name } }
  package func metric(_ name: String) -> SimulatedMetric? { metrics.first { $0.name == name } }
  package func product(_ name: String) -> Int? { products.firstIndex { $0.name == name } }
}

/// Something that may act on the metrics.
package struct SimulatedFactor: Sendable {
  package let name: String
  package let place: Place
  /// As recorded, one for each day; NaN = not recorded.
  package let recorded: [Double]
  /// Its true values, in standard deviations from its mean; index 0 is `lead` days before day 0.
  package let deviations: [Double]

  /// Days before day 0 that lagged effects may come from.
  package static let lead = 14

  /// The column of the snapshot that it stands in.
  package enum Place: Sendable {
    case environment, lifestyle
  }

  /// The deviation on a day, so many days earlier.
  package func deviation(_ day: Int, lag: Int) -> Double { deviations[day - lag + Self.lead] }
}

/// A product and the days in which it was used.
package struct SimulatedProduct: Sendable {
  package let name: String
  /// First to last day of use; to the end of the record when it was not stopped.
  package let used: Range<Int>
}

/// A metric: what was recorded, and its parts. Sizes are in points of the metric.
package struct SimulatedMetric: Sendable {
  package let name: String
  /// As recorded; NaN = not recorded.
  package let recorded: [Double]
  /// The mean that the noise and the week lie around.
  package let expected: [Double]
  package let noise: SimulatedNoise
  /// Two-sided probability of what the noise of a day brought new.
  package let chances: [Double]
  package let level: Double
  package let weekly: Bool
  package let actions: [FactorAction]
  package let effects: [ProductEffect]
  package let trend: SlowTrend?
  package let shifts: [LevelShift]
  package let spikes: [LevelShift]
  package let stuck: [Range<Int>]

  /// Nothing but noise, level and week.
  package var isQuiet: Bool {
    actions.isEmpty && effects.isEmpty && trend == nil && shifts.isEmpty && spikes.isEmpty && stuck.isEmpty
  }
}

/// A factor moves a metric, some days later.
package struct FactorAction: Sendable {
  package let factor: Int
  package let lag: Int
  /// Points for each standard deviation of the factor.
  package let size: Double
}

/// The effect of a product on a metric while it is used, and its fading afterwards.
package struct ProductEffect: Sendable {
  package let product: Int
  /// Points in the end.
  package let size: Double
  /// Days of the exponential approach; 0 = at once.
  package let timeConstant: Double

  /// Share of the effect that has arrived on a day: 1 − e^(−t/τ) in use, then e^(−t/τ) of that.
  package func share(_ day: Int, used: Range<Int>) -> Double {
    guard day >= used.lowerBound else { return 0 }
    func arrived(_ days: Int) -> Double { timeConstant > 0 ? 1 - exp(-Double(days) / timeConstant) : 1 }
    if used.contains(day) { return arrived(day - used.lowerBound + 1) }
    let fading = timeConstant > 0 ? exp(-Double(day - used.upperBound + 1) / timeConstant) : 0
    return arrived(used.count) * fading
  }
}

/// A straight line from a day on.
package struct SlowTrend: Sendable {
  package let from: Int
  /// Points a day.
  package let slope: Double
}

/// A change of level, for good (a regime) or for one day (a spike).
package struct LevelShift: Sendable {
  package let day: Int
  package let size: Double
}

import FoundationEssentials
import Glibc

/// A skincare twin of which everything is known: what an application would have recorded, and what made it so.
struct SimulatedTwin: Sendable {
  /// From 0.
  let number: Int
  let id: UUID
  /// Midnight (UTC) of day 0.
  let start: Date
  /// Recorded days.
  let days: Int
  /// Nothing acts on anything, nothing breaks: only noise, weeks and missing days.
  let isQuiet: Bool
  let factors: [SimulatedFactor]
  let products: [SimulatedProduct]
  let metrics: [SimulatedMetric]
  /// Whether day d has a snapshot.
  let isScanned: [Bool]
  /// Long stretches without any snapshot.
  let gaps: [Range<Int>]

  var subject: String { "bench-chain-\(number)" }

  /// The day of an instant, which may lie outside of the recorded ones.
  func day(of instant: Date) -> Int {
    Int((instant.timeIntervalSince(start) / 86_400).rounded(.down))
  }

  /// When day d was scanned: some time in the morning.
  func instant(_ day: Int) -> Date {
    start.addingTimeInterval(Double(day) * 86_400 + 21_600 + Double((day * 2_654_435 + number * 97) % 7_200))
  }

  func factor(_ name: String) -> Int? { factors.firstIndex { $0.name == name } }
  func metric(_ name: String) -> SimulatedMetric? { metrics.first { $0.name == name } }
  func product(_ name: String) -> Int? { products.firstIndex { $0.name == name } }
}

/// Something that may act on the metrics.
struct SimulatedFactor: Sendable {
  let name: String
  let place: Place
  /// As recorded, one for each day; NaN = not recorded.
  let recorded: [Double]
  /// What it really was, in standard deviations from its mean; index 0 is `lead` days before day 0.
  let deviations: [Double]

  /// Days before day 0 that lagged effects may come from.
  static let lead = 14

  /// The column of the snapshot that it stands in.
  enum Place: Sendable {
    case environment, lifestyle
  }

  /// The deviation on a day, so many days earlier.
  func deviation(_ day: Int, lag: Int) -> Double { deviations[day - lag + Self.lead] }
}

/// A product and the days in which it was used.
struct SimulatedProduct: Sendable {
  let name: String
  /// First to last day of use; to the end of the record when it was not stopped.
  let used: Range<Int>
}

/// A metric: what was recorded, and its parts. Sizes are in points of the metric.
struct SimulatedMetric: Sendable {
  let name: String
  /// As recorded; NaN = not recorded.
  let recorded: [Double]
  /// The mean that the noise and the week lie around.
  let expected: [Double]
  let noise: SimulatedNoise
  /// Two-sided probability of what the noise of a day brought new.
  let chances: [Double]
  let level: Double
  let weekly: Bool
  let actions: [FactorAction]
  let effects: [ProductEffect]
  let trend: SlowTrend?
  let shifts: [LevelShift]
  let spikes: [LevelShift]
  let stuck: [Range<Int>]

  /// Nothing but noise, level and week.
  var isQuiet: Bool {
    actions.isEmpty && effects.isEmpty && trend == nil && shifts.isEmpty && spikes.isEmpty && stuck.isEmpty
  }
}

/// A factor moves a metric, some days later.
struct FactorAction: Sendable {
  let factor: Int
  let lag: Int
  /// Points for each standard deviation of the factor.
  let size: Double
}

/// What a product does to a metric while it is used, and how it fades afterwards.
struct ProductEffect: Sendable {
  let product: Int
  /// Points in the end.
  let size: Double
  /// Days of the exponential approach; 0 = at once.
  let timeConstant: Double

  /// Share of the effect that has arrived on a day: 1 − e^(−t/τ) in use, then e^(−t/τ) of that.
  func share(_ day: Int, used: Range<Int>) -> Double {
    guard day >= used.lowerBound else { return 0 }
    func arrived(_ days: Int) -> Double { timeConstant > 0 ? 1 - exp(-Double(days) / timeConstant) : 1 }
    if used.contains(day) { return arrived(day - used.lowerBound + 1) }
    let fading = timeConstant > 0 ? exp(-Double(day - used.upperBound + 1) / timeConstant) : 0
    return arrived(used.count) * fading
  }
}

/// A straight line from a day on.
struct SlowTrend: Sendable {
  let from: Int
  /// Points a day.
  let slope: Double
}

/// A change of level, for good (a regime) or for one day (a spike).
struct LevelShift: Sendable {
  let day: Int
  let size: Double
}

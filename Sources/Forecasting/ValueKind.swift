import Glibc

/// The range and kind of the values of a history, as far as they show it themselves: never negative, counts, switches, readings that
/// stop at a bound.
struct ValueKind {
  /// Newest samples that say how often a count is 0.
  private static let recent = 60
  /// Share of the values at their least or greatest, and number of times that they come back to it, from which on it is a
  /// bound. A price list has few different values, and its greatest one is no bound.
  private static let boundShare = 0.1
  private static let boundVisits = 5
  private static let fewestDifferent = 10
  /// Greatest values that are bounds by themselves where they are reached: per cent and shares.
  private static let naturalBounds = [1.0, 100]

  /// Whole numbers up to this one are counts whose intervals end at whole numbers; beyond, a step of one is little.
  private static let smallCount = 30.0
  private static let fewestCounts = 10

  private let least: Double
  private let greatest: Double
  private let isCount: Bool
  private let zeroShare: Double

  /// - Parameter values: NaN = missing.
  init(_ values: [Double]) {
    let present = values.filter { !$0.isNaN }
    let low = present.min() ?? 0
    let high = present.max() ?? 0
    isCount =
      present.count >= Self.fewestCounts && low >= 0 && high <= Self.smallCount
      && present.allSatisfy { $0 == $0.rounded() }
    let newest = present.suffix(Self.recent)
    zeroShare = low >= 0 ? Double(newest.count { $0 == 0 }) / Double(max(1, newest.count)) : 0
    let different = Set(present).count
    func isBound(_ value: Double) -> Bool {
      let share = Double(present.count { $0 == value }) / Double(max(1, present.count))
      let visits = zip(present, present.dropFirst()).count { $0 != value && $1 == value }
      return share >= Self.boundShare && visits >= Self.boundVisits
        && (different >= Self.fewestDifferent || (different == 2 && isBothWays))
    }
    let isBothWays = zip(present, present.dropFirst()).count { $0 != $1 } >= 2 * Self.boundVisits
    let isNatural = low >= 0 && Self.naturalBounds.contains(high) && present.count { $0 == high } >= 3
    greatest = high > low && (isNatural || isBound(high)) ? high : .infinity
    least = low >= 0 ? (high > low && low > 0 && isBound(low) ? low : 0) : high > low && isBound(low) ? low : -.infinity
  }

  /// Moves a forecast to where such values can be. Bounds of counts are whole, and 0 where 0 comes often enough.
  func bound(_ forecast: inout Forecast) {
    for index in forecast.bands.indices {
      let level = forecast.bands[index].level
      for (step, mean) in forecast.mean.enumerated() {
        var (lower, upper) = (forecast.bands[index].lower[step], forecast.bands[index].upper[step])
        // Where the interval is as wide as half of what is expected.
        if zeroShare > (1 - level) / 2, upper - mean >= mean / 2 { lower = min(lower, 0) }
        if isCount { (lower, upper) = (min(lower.rounded(.down), mean), max(upper.rounded(), mean)) }
        (forecast.bands[index].lower[step], forecast.bands[index].upper[step]) = (lower, upper)
      }
    }
    forecast.clamp(to: least...greatest)
  }
}

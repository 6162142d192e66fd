/// Why a series can take no part in a search for correlations.
public enum CorrelationObstacle: Sendable, Equatable, CustomStringConvertible {
  /// Too few samples are observed.
  case tooFew(Int)
  /// All observed values are equal, or differ by the rounding of numbers of their size only.
  case constant
  /// Of a factor: too few observations differ from its most frequent value.
  case hardlyVaries(differing: Int)

  /// The reason and the remedy, to stand behind a series' name.
  public var description: String {
    switch self {
    case .tooFew(let count):
      "has \(count) values and \(CorrelationSearch.fewestObservations) are needed; record it for longer"
    case .constant: "does not vary; leave it out"
    case .hardlyVaries(let differing):
      "differs from its most frequent value \(differing) times and \(CorrelationSearch.fewestChanges) are needed; "
        + "record it for longer"
    }
  }
}

extension CorrelationSearch {
  /// Why this metric cannot be tried; nil when it can.
  /// - Parameter values: NaN = missing.
  public static func obstacle(ofMetric values: [Double]) -> CorrelationObstacle? {
    let observed = values.indices.filter { !values[$0].isNaN }
    guard observed.count >= fewestObservations else { return .tooFew(observed.count) }
    return (try? StandardisedSeries(values, observed: observed)) == nil ? .constant : nil
  }

  /// Why this factor cannot be tried; nil when it can.
  /// - Parameter values: NaN = missing.
  public static func obstacle(ofFactor values: [Double]) -> CorrelationObstacle? {
    if let obstacle = obstacle(ofMetric: values) { return obstacle }
    let sorted = values.filter { !$0.isNaN }.sorted()
    var longest = 1
    var run = 1
    for (value, next) in zip(sorted, sorted.dropFirst()) {
      run = value == next ? run + 1 : 1
      longest = max(longest, run)
    }
    let differing = sorted.count - longest
    return differing < fewestChanges ? .hardlyVaries(differing: differing) : nil
  }
}

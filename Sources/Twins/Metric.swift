import Series

/// A named number of a twin.
public struct Metric: Sendable, Hashable {
  /// The name in the data, such as `hydration_index`.
  public let name: String
  /// The name for people.
  public let label: String
  /// The unit, as written in results; empty when unknown.
  public let unit: String
  /// Lowest valid value (inside); nil = no lower bound. Values below are not used.
  public let minimum: Double?
  /// Highest valid value (inside); nil = no upper bound. Values above are not used.
  public let maximum: Double?
  /// Which way is better; nil when nothing is known.
  public let direction: Direction?
  /// Seconds between regular samples; nil = inferred from the data.
  public let intervalSeconds: Double?
  /// Lengths of the seasons to look for, in seconds, ascending; nil = those that are likely at the interval.
  public let seasonSeconds: [Double]?
  /// How several observations of one interval become one sample.
  public let aggregation: Resampling.Aggregation

  /// Which values of a metric are better.
  public enum Direction: Sendable, Hashable {
    /// The more the better.
    case higher
    /// The less the better.
    case lower
    /// Best at this value, worse to either side.
    case middle(best: Double)
  }

  /// Whether the value is within the valid range; NaN and infinities are not.
  public func accepts(_ value: Double) -> Bool {
    value.isFinite && value >= minimum ?? -.infinity && value <= maximum ?? .infinity
  }

  /// This metric under another name: for domains that take any metric.
  func named(_ name: String) -> Metric {
    Metric(
      name: name, label: name, unit: unit, minimum: minimum, maximum: maximum, direction: direction,
      intervalSeconds: intervalSeconds, seasonSeconds: seasonSeconds, aggregation: aggregation)
  }
}

/// A state of a metric that is worth a look when it lasts.
public struct Threshold: Sendable, Hashable {
  /// The metric it is about.
  public let metric: String
  /// Which side of which value.
  public let bound: Bound
  /// How many observations in a row must be beyond the bound; at least 1.
  public let observations: Int
  /// How serious it is.
  public let severity: Severity

  /// Which side of which value.
  public enum Bound: Sendable, Hashable {
    case above(Double)
    case below(Double)
  }

  /// How serious a finding is, in the words of `twin_insights`.
  public enum Severity: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case low, medium, high

    /// 0 = low … 2 = high.
    public var rank: Int { self == .low ? 0 : self == .medium ? 1 : 2 }

    /// The less serious one first.
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
  }
}

extension Threshold.Bound {
  /// The value.
  public var value: Double {
    switch self {
    case .above(let value), .below(let value): value
    }
  }

  /// `above` or `below`.
  public var side: String {
    switch self {
    case .above: "above"
    case .below: "below"
    }
  }

  /// Whether a value is on the far side.
  public func isBeyond(_ value: Double) -> Bool { distance(value) > 0 }

  /// How far beyond a value is; negative on the near side.
  public func distance(_ value: Double) -> Double {
    switch self {
    case .above(let bound): value - bound
    case .below(let bound): bound - value
    }
  }
}

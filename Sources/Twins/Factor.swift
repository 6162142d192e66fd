import Series

/// An input that may act on a twin's metrics; it is observed, not judged. Predictions do not read it.
public struct Factor: Sendable, Hashable {
  /// The name in the data, such as `uv_index`; unique among the domain's factors and metrics.
  public let name: String
  /// The name for people.
  public let label: String
  /// The type; `twin_correlations.factor_type`.
  public let type: FactorType
  /// The unit, as written in results; empty when it has none.
  public let unit: String
  /// Lowest valid value (inside); nil = no lower bound. Values below are not used.
  public let minimum: Double?
  /// Highest valid value (inside); nil = no upper bound. Values above are not used.
  public let maximum: Double?
  /// How several observations of one interval become one sample.
  public let aggregation: Resampling.Aggregation
  /// Whether the twin's person can change it, so that it may be recommended; where the file does not say, everything
  /// but `environment` is.
  public let isControllable: Bool
  /// How to have more of it, such as "sleep longer"; nil = nothing to say.
  public let more: String?
  /// How to have less of it, such as "sleep less"; nil = nothing to say.
  public let less: String?

  /// Whether the value is within the valid range; NaN and infinities are not.
  public func accepts(_ value: Double) -> Bool {
    value.isFinite && value >= minimum ?? -.infinity && value <= maximum ?? .infinity
  }
}

/// The type of a thing that acts on a metric, in the words of `twin_correlations.factor_type`.
public enum FactorType: String, Sendable, Hashable, CaseIterable {
  /// A thing applied or consumed, by its id or name.
  case product
  /// Surroundings, such as weather.
  case environment
  /// How a person lives, such as sleep.
  case lifestyle
  /// An operation on a machine or a process.
  case operation
  /// An action of a person in the application.
  case behaviour
  /// Content that a person is shown.
  case content
}

/// A kind of event whose effect on the metrics is asked for.
public struct Intervention: Sendable, Hashable {
  /// The stem of the event types: `product` stands for `product_started` and `product_stopped`, and for an event
  /// `product` that happens at one instant and acts from then on.
  public let event: String
  /// The type.
  public let type: FactorType
  /// The name for people, such as "repair".
  public let label: String

  /// The type of the event with which a use begins.
  public var started: String { event + "_started" }
  /// The type of the event with which a use ends.
  public var stopped: String { event + "_stopped" }
}

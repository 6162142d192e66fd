import FoundationEssentials

/// The observations of one metric or factor of a twin.
public struct Observations: Sendable, Hashable {
  /// The metric's or factor's name.
  public let metric: String
  /// Instants, ascending; may repeat.
  public let observedAt: [Date]
  /// As many values, all finite; not yet checked against the metric's range.
  public let values: [Double]
  /// Values that were there but are no numbers.
  public let skipped: Int

  /// - Precondition: as many instants as values.
  public init(metric: String, observedAt: [Date], values: [Double], skipped: Int = 0) {
    precondition(observedAt.count == values.count, "\(observedAt.count) instants, \(values.count) values")
    self.metric = metric
    self.observedAt = observedAt
    self.values = values
    self.skipped = skipped
  }
}

/// The history of one twin at the time of reading.
public struct TwinHistory: Sendable {
  /// The twin's id.
  public let twin: UUID
  /// Its domain's name; nil when it was never registered.
  public let domainName: String?
  /// The thing or person that it is the twin of.
  public let subject: String?
  /// Whether the tables that its domain needs exist and may be read by this role.
  public let hasTables: Bool
  /// Of metrics and factors, by name, ascending; empty when the domain is unknown or nothing was observed.
  public let observations: [Observations]
  /// Its events, by time; empty when events were not asked for.
  public let events: [TwinEvent]
  /// Input hash of the latest stored result of the kind that asked.
  public let lastInputHash: String?
  /// The server's clock when it was read.
  public let readAt: Date

  /// Plain.
  public init(
    twin: UUID, domainName: String?, subject: String?, hasTables: Bool, observations: [Observations],
    events: [TwinEvent] = [], lastInputHash: String?, readAt: Date
  ) {
    self.twin = twin
    self.domainName = domainName
    self.subject = subject
    self.hasTables = hasTables
    self.observations = observations
    self.events = events
    self.lastInputHash = lastInputHash
    self.readAt = readAt
  }
}

/// Something that happened to a twin.
public struct TwinEvent: Sendable, Hashable {
  /// When.
  public let occurredAt: Date
  /// Such as `product_started`.
  public let type: String
  /// The object of the event, such as the product's id; empty when nothing is named.
  public let factor: String

  /// Plain.
  public init(occurredAt: Date, type: String, factor: String) {
    self.occurredAt = occurredAt
    self.type = type
    self.factor = factor
  }

  /// By time; at one instant by type, then factor, both by code points, so that the order depends on no collation.
  static func precedes(_ one: TwinEvent, _ other: TwinEvent) -> Bool {
    if one.occurredAt != other.occurredAt { return one.occurredAt < other.occurredAt }
    if one.type != other.type { return one.type.utf8.lexicographicallyPrecedes(other.type.utf8) }
    return one.factor.utf8.lexicographicallyPrecedes(other.factor.utf8)
  }
}

import FoundationEssentials

/// What was observed of one metric of a twin.
public struct Observations: Sendable, Hashable {
  /// The metric's name.
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

/// What is known of one twin at the time of reading.
public struct TwinHistory: Sendable {
  /// The twin's id.
  public let twin: UUID
  /// Its domain's name; nil when it was never registered.
  public let domainName: String?
  /// What it is the twin of.
  public let subject: String?
  /// Whether the tables that its domain needs exist and may be read by this role.
  public let hasTables: Bool
  /// By metric name, ascending; empty when the domain is unknown or nothing was observed.
  public let observations: [Observations]
  /// Input hash of the latest stored result of the kind that asked.
  public let lastInputHash: String?
  /// The server's clock when it was read.
  public let readAt: Date

  /// Plain.
  public init(
    twin: UUID, domainName: String?, subject: String?, hasTables: Bool, observations: [Observations],
    lastInputHash: String?, readAt: Date
  ) {
    self.twin = twin
    self.domainName = domainName
    self.subject = subject
    self.hasTables = hasTables
    self.observations = observations
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
  /// What it was about, such as the product's id; empty when nothing is named.
  public let factor: String
}

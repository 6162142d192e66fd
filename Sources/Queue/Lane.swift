/// Jobs of one queue, kind, tenant and priority: what one claim takes from, in order.
public struct Lane: Hashable, Sendable {
  /// The database's number for it.
  public let number: Int32
  /// The jobs' queue.
  public let queue: String
  /// The jobs' kind.
  public let kind: String
  /// The jobs' tenant; empty: none.
  public let tenant: String
  /// The jobs' priority; lower runs first.
  public let priority: Int
  /// How much longer a job must have waited to come before one of the next lower priority number.
  public let ageing: Duration
  /// Whether the queue has limits, so that claims from it are counted.
  public let isLimited: Bool

  /// A lane as the database knows it.
  public init(
    number: Int32, queue: String, kind: String, tenant: String = "", priority: Int = 0, ageing: Duration = .seconds(60),
    isLimited: Bool = false
  ) {
    self.number = number
    self.queue = queue
    self.kind = kind
    self.tenant = tenant
    self.priority = priority
    self.ageing = ageing
    self.isLimited = isLimited
  }

  /// Seconds that a job of this lane counts as due later than it is, for its priority.
  public var priorityPenalty: Double { Double(priority) * ageing.seconds }
}

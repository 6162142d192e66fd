import FoundationEssentials
import Postgres

/// Identifies a job for ever: live in `twinmill.jobs`, finished in `twinmill.job_history`.
public typealias JobID = Int64

/// A claimed job, as a job kind sees it. An object: it is passed on some twenty times on its way, and has seven parts
/// that would each be counted.
public final class Job: Sendable {
  /// Grows with the order of enqueueing.
  public let id: JobID
  /// Name of the kind that runs it.
  public let kind: String
  /// The queue it was claimed from.
  public let queue: String
  /// Lower runs first.
  public let priority: Int
  /// Whose share of the workers it takes; empty: nobody's in particular.
  public let tenant: String
  /// The twin it is about, if it is about one.
  public let twinID: UUID?
  /// A JSON object that has passed the kind's schema.
  public let arguments: JSON
  /// 1 for the first attempt.
  public let attempt: Int
  /// How many attempts may end in an error.
  public let maxAttempts: Int
  /// How many earlier attempts ended with the death or loss of their worker; not counted as errors.
  public let crashes: Int
  /// Random per claim. With the attempt and the worker's id it fences every write.
  public let token: UUID
  /// By the server's clock.
  public let enqueuedAt: Date
  /// When it was to start, by the server's clock.
  public let runAt: Date
  /// When this attempt was claimed, by the server's clock.
  public let claimedAt: Date
  /// When it must have ended, by the server's clock; later it is discarded.
  public let deadline: Date?
  /// Jobs of one key are limited together, if their queue limits them.
  public let concurrencyKey: String?
  /// The database role that asked for it.
  public let requestedBy: String
  /// The schedule that asked for it, if one did.
  public let schedule: String?
  /// The planned instant of that schedule.
  public let tick: Date?

  /// Attempts that ended, or will have ended if this one does, in an error.
  public var errorsIncludingThis: Int { attempt - crashes }

  /// A job as its claim returned it.
  public init(
    id: JobID, kind: String, queue: String, priority: Int, tenant: String = "", twinID: UUID?, arguments: JSON,
    attempt: Int, maxAttempts: Int, crashes: Int, token: UUID, enqueuedAt: Date, runAt: Date, claimedAt: Date,
    deadline: Date? = nil, concurrencyKey: String? = nil, requestedBy: String, schedule: String? = nil,
    tick: Date? = nil
  ) {
    self.id = id
    self.kind = kind
    self.queue = queue
    self.priority = priority
    self.tenant = tenant
    self.twinID = twinID
    self.arguments = arguments
    self.attempt = attempt
    self.maxAttempts = maxAttempts
    self.crashes = crashes
    self.token = token
    self.enqueuedAt = enqueuedAt
    self.runAt = runAt
    self.claimedAt = claimedAt
    self.deadline = deadline
    self.concurrencyKey = concurrencyKey
    self.requestedBy = requestedBy
    self.schedule = schedule
    self.tick = tick
  }
}

import Postgres

/// A kind of job is three functions and nothing else: read, compute, write.
///
/// The daemon claims up to `definition.batchLimit` jobs of a kind at once, loads them in one round trip, computes
/// them side by side, and stores the outputs in the transaction that finishes the jobs.
public protocol JobKind: Sendable {
  /// Everything that `compute` needs; it gets nothing else.
  associatedtype Input: Sendable
  /// The result that `store` writes.
  associatedtype Output: Sendable

  /// Name, arguments, limits.
  var definition: KindDefinition { get }

  /// Reads what the jobs need, one round trip for the whole batch, in a read-only snapshot that is closed before
  /// computing starts. A job that is missing from the answer fails.
  /// - Throws: anything; the whole batch is then tried again later.
  func load(_ jobs: [Job], on connection: Connection) async throws -> [JobID: Result<Input, JobFailure>]

  /// Pure: no clock, no database, no randomness without a recorded seed. Checks for cancellation in its outer loops.
  /// - Throws: anything; that job alone fails and is tried again, unless it is a permanent `JobFailure`.
  func compute(_ input: Input, for job: Job) async throws -> Computed<Output>

  /// Writes the outputs in bulk, inside the transaction that finishes the jobs.
  /// - Throws: anything; the batch is then split in halves until the bad job stands alone.
  func store(_ outputs: [(job: Job, output: Output)], on connection: Connection) async throws
}

/// The end of a computation.
public enum Computed<Output: Sendable>: Sendable {
  /// Write the output and complete the job.
  case store(Output)
  /// The input is what it was: complete the job without a write.
  case unchanged
  /// Not yet: run again after a while. Uses no attempt.
  case snooze(Duration)
  /// No longer wanted.
  case cancel(String)
  /// It can never succeed.
  case discard(String)
}

/// A failure of one job that says what went wrong, on which object, and what to do.
public struct JobFailure: Error, Sendable, CustomStringConvertible {
  /// In words; kept in the job's errors.
  public let message: String
  /// Whether trying again is pointless: the job is discarded at once.
  public let isPermanent: Bool

  /// - Parameters:
  ///   - message: what, on which object, and the remedy.
  ///   - isPermanent: whether trying again is pointless.
  public init(_ message: String, isPermanent: Bool = false) {
    self.message = message
    self.isPermanent = isPermanent
  }

  /// The message.
  public var description: String { message }
}

/// The facts about a kind of job that the database and the daemon go by.
public struct KindDefinition: Sendable {
  /// The unique name that `twinmill.enqueue` is called with.
  public let name: String
  /// One line for people.
  public let summary: String
  /// JSON schema of the arguments, checked when a job is enqueued.
  public let argumentsSchema: JSON
  /// Counts the changes of what the kind makes of the same input. It is part of every input hash: raised, every twin is
  /// computed anew; left alone, a new version of the program recomputes nothing.
  public let revision: Int
  /// Queue of jobs that name none.
  public let queue: String
  /// How many attempts may end in an error before the job is discarded.
  public let maxAttempts: Int
  /// Most jobs of one claim. Too low: round trips dominate. Too high: a crash takes more jobs with it.
  public let batchLimit: Int
  /// Most computations of one batch side by side; nil = one per core. More than the cores only helps kinds that wait.
  public let concurrency: Int?
  /// Whether `load` reads the database; false spares its snapshot a round trip.
  public let readsDatabase: Bool
  /// Delay before the second attempt; doubles with each further one.
  public let backoffBase: Duration
  /// How long one computation may take before it is cancelled and counts as failed.
  public let timeout: Duration
  /// Whether a job must name a twin.
  public let needsTwin: Bool
  /// Whether new data of a twin asks for this kind.
  public let recomputesOnChange: Bool
  /// Kinds whose results of the same twin it reads; when a twin is recomputed it waits for them.
  public let follows: [String]
  /// Whether only operators may enqueue it: its jobs may burn as much of a worker as they are told to.
  public let isForOperators: Bool
  /// The kind's own part of the schema beside its results: tables, functions, grants. nil: it has none.
  public let schema: SchemaModule?
  /// When its jobs are enqueued where nobody has said otherwise. nil: never by themselves.
  public let defaultSchedule: DefaultSchedule?

  /// A definition; what is left out has the default shown here.
  public init(
    name: String, summary: String, argumentsSchema: JSON, revision: Int = 1, queue: String = "default",
    maxAttempts: Int = 5,
    batchLimit: Int = 100, concurrency: Int? = nil, readsDatabase: Bool = true,
    backoffBase: Duration = .seconds(5), timeout: Duration = .seconds(900), needsTwin: Bool = false,
    recomputesOnChange: Bool = false, follows: [String] = [], isForOperators: Bool = false,
    schema: SchemaModule? = nil,
    defaultSchedule: DefaultSchedule? = nil
  ) {
    self.name = name
    self.summary = summary
    self.argumentsSchema = argumentsSchema
    self.revision = revision
    self.queue = queue
    self.maxAttempts = maxAttempts
    self.batchLimit = batchLimit
    self.concurrency = concurrency
    self.readsDatabase = readsDatabase
    self.backoffBase = backoffBase
    self.timeout = timeout
    self.needsTwin = needsTwin
    self.recomputesOnChange = recomputesOnChange
    self.follows = follows
    self.isForOperators = isForOperators
    self.schema = schema
    self.defaultSchedule = defaultSchedule
  }
}

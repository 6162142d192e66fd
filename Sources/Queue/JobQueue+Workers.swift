import FoundationEssentials
import Postgres

/// Who works: registration, heartbeat, rescue.
extension JobQueue {
  /// What a worker process tells of itself.
  public struct Registration: Sendable {
    /// For people only.
    public let hostname: String
    /// For people only.
    public let pid: Int32
    /// Queues it works on; nil = all.
    public let queues: [String]?
    /// Kinds it can run.
    public let kinds: [String]
    /// How long the worker counts as alive after a heartbeat.
    public let lease: Duration
    /// Between two heartbeats; at most a third of the lease.
    public let heartbeat: Duration

    /// What `register` writes.
    public init(
      hostname: String, pid: Int32, queues: [String]?, kinds: [String], lease: Duration, heartbeat: Duration
    ) {
      self.hostname = hostname
      self.pid = pid
      self.queues = queues
      self.kinds = kinds
      self.lease = lease
      self.heartbeat = heartbeat
    }
  }

  /// The session-level advisory lock that frees itself when the process dies.
  public var lockKey: Int64 {
    withUnsafeBytes(of: worker.uuid) { $0.loadUnaligned(as: Int64.self) }
  }

  /// Introduces this worker and takes its lock, on the connection that will carry its heartbeat.
  /// - Returns: as `takeLock`.
  @discardableResult
  public func register(_ registration: Registration, on connection: Connection) async throws(PostgresError) -> Bool {
    _ = try await connection.query(
      Statements.registerWorker(
        worker, registration.hostname, registration.pid, BuildInfo.version, registration.queues,
        registration.kinds, registration.lease.seconds, registration.heartbeat.seconds))
    return try await takeLock(on: connection)
  }

  /// Takes the lock on the connection that carries the heartbeat, unless a proxy shares that one among clients.
  /// - Returns: whether there is nothing more to be done: false while a lost connection of this worker still has it.
  public func takeLock(on connection: Connection) async throws(PostgresError) -> Bool {
    guard !connection.isPooled else {
      _ = try await connection.query(Statements.dropWorkerLock(worker))
      return true
    }
    // No row: declared dead, as the next heartbeat learns.
    return try await connection.query(Statements.takeWorkerLock(worker, lockKey)).first?.decode(Bool.self) ?? true
  }

  /// Whether somebody enqueues at this moment without notifying.
  public static func enqueuesUnderWay(on connection: Connection) async throws(PostgresError) -> Bool {
    try await connection.query(Statements.enqueuesUnderWay(), deadline: .seconds(5)).only().decode(Bool.self)
  }

  /// What a heartbeat learns.
  public struct Renewal: Sendable {
    /// The server's clock.
    public let serverTime: Date
    /// Jobs of this worker that somebody asked to cancel.
    public let cancellations: [JobID]
  }

  /// The heartbeat. nil: this worker was declared dead, its lease is lost.
  public func renew(
    lease: Duration, jobsRunning: Int, isDraining: Bool, clockOffset: Duration?, on connection: Connection,
    deadline: Duration
  ) async throws(PostgresError) -> Renewal? {
    let answers = try await connection.pipeline(
      [
        Statements.notDurable(),
        Statements.renewWorker(
          worker, lease.seconds, Int32(jobsRunning), isDraining, clockOffset.map { $0.seconds * 1000 }),
        Statements.cancellationsOfWorker(worker),
      ], deadline: deadline)
    guard let row = answers[1].first else { return nil }
    return Renewal(serverTime: try row.decode(Date.self), cancellations: try Self.jobs(of: answers[2]))
  }

  /// Running jobs of this worker that somebody asked to cancel.
  public func cancellations(on connection: Connection) async throws(PostgresError) -> [JobID] {
    try Self.jobs(of: try await connection.query(Statements.cancellationsOfWorker(worker), deadline: .seconds(5)))
  }

  private static func jobs(of rows: Rows) throws(PostgresError) -> [JobID] {
    var jobs: [JobID] = []
    for row in rows {
      jobs.append(try row.decode(Int64.self))
    }
    return jobs
  }

  /// Says goodbye, after the last job.
  public func remove(on connection: Connection, deadline: Duration? = nil) async throws(PostgresError) {
    _ = try await connection.query(Statements.removeWorker(worker), deadline: deadline)
  }

  /// Another worker's heartbeat counter.
  public struct Beat: Sendable, Hashable {
    /// Whose it is.
    public let worker: UUID
    /// How often it has renewed its lease.
    public let beat: Int64
    /// How often it means to.
    public let heartbeat: Duration

    /// A counter as it was read.
    public init(worker: UUID, beat: Int64, heartbeat: Duration) {
      self.worker = worker
      self.beat = beat
      self.heartbeat = heartbeat
    }
  }

  /// The heartbeat counters of all other workers.
  public func beats(on connection: Connection) async throws(PostgresError) -> [Beat] {
    var beats: [Beat] = []
    for row in try await connection.query(Statements.beats(worker)) {
      let (id, beat, heartbeat) = try row.decode(UUID.self, Int64.self, Double.self)
      beats.append(Beat(worker: id, beat: beat, heartbeat: .seconds(heartbeat)))
    }
    return beats
  }

  /// Returns the jobs of workers that stood still at these beats, and jobs whose worker is unknown.
  /// - Returns: the jobs that came back, with `ready` or `discarded` (third crash).
  public func rescue(
    _ suspects: [Beat], on connection: Connection
  ) async throws(PostgresError) -> [(job: JobID, outcome: String)] {
    var rescued: [(job: JobID, outcome: String)] = []
    for row in try await connection.query(Statements.rescue(suspects.map(\.worker), suspects.map(\.beat))) {
      rescued.append(try row.decode(Int64.self, String.self))
    }
    return rescued
  }

  /// Hands back jobs that this worker owns but knows nothing of: the answer of their claim was lost on the way, or
  /// their batch could not be ended. The attempt is given back.
  /// - Parameter live: the tokens of all claims that are known, asked for only after the server's clock was read, so
  ///   that a claim that is just being made is never taken for a stray.
  /// - Parameter deadline: for each of two statements.
  public func returnStrays(
    on connection: Connection, deadline: Duration? = nil, live: () -> [UUID]
  ) async throws(PostgresError) -> [JobID] {
    let now: Date = try await connection.query(Statements.serverTime(), deadline: deadline)[0].decode(Date.self)
    let strays = Statements.returnStrays(worker, live(), now)
    return try Self.jobs(of: try await connection.query(strays, deadline: deadline))
  }

  /// The history's partitions, progress of jobs that are gone, tenants that used nothing of late.
  /// - Returns: partitions made or dropped.
  public func upkeep(
    retention: Duration, on connection: Connection
  ) async throws(PostgresError) -> [(partition: String, action: String)] {
    var changes: [(partition: String, action: String)] = []
    // One change a transaction. The bound is for a retention that somebody shortens by years.
    while changes.count < 1000,
      let row = try await connection.query(Statements.maintainHistory(retention.seconds)).first
    {
      changes.append(try row.decode(String.self, String.self))
    }
    _ = try await connection.query(Statements.forget())
    return changes
  }

  /// Ends jobs that wait beyond their deadline or were cancelled, and makes ready those whose key has room.
  /// - Returns: what was done to how many jobs.
  public func tend(on connection: Connection) async throws(PostgresError) -> [(action: String, jobs: Int64)] {
    var done: [(action: String, jobs: Int64)] = []
    for row in try await connection.query(Statements.tend()) {
      done.append(try row.decode(String.self, Int64.self))
    }
    return done
  }

  /// Adds worker-seconds by tenant, and returns the recent use of all tenants by weight.
  public func share(
    _ used: [String: Double], on connection: Connection
  ) async throws(PostgresError) -> [String: Double] {
    var shares: [String: Double] = [:]
    for row in try await connection.query(Statements.share(Array(used.keys), Array(used.values))) {
      let (tenant, seconds) = try row.decode(String.self, Double.self)
      shares[tenant] = seconds
    }
    return shares
  }

  /// What a running job says of itself.
  public struct Progress: Sendable {
    /// 0 … 100; nil: not known.
    public var percent: Double?
    /// In words.
    public var message: String?

    /// Progress as a job tells it.
    public init(percent: Double?, message: String?) {
      self.percent = percent
      self.message = message
    }
  }

  /// Writes the progress of jobs, if they are still this worker's.
  public func report(
    _ progress: [(job: Job, progress: Progress)], on connection: Connection
  ) async throws(PostgresError) {
    _ = try await connection.query(
      Statements.reportProgress(
        worker, progress.map(\.job.id), progress.map { Int32($0.job.attempt) },
        progress.map { $0.progress.percent.flatMap { $0.isNaN ? nil : Float(min(max($0, 0), 100)) } },
        progress.map { $0.progress.message.map(Self.storable) }))
  }

  /// Tells the database which kinds this version can run.
  public static func register(
    kinds: [KindDefinition], on connection: Connection
  ) async throws(PostgresError) {
    // In one order: workers that start together lock the rows, changed or not, and would wait in a circle.
    _ = try await connection.pipeline(
      kinds.sorted { $0.name < $1.name }.map { kind in
        Statements.registerKind(
          kind.name, kind.summary, kind.argumentsSchema, kind.queue, Int16(kind.maxAttempts), kind.needsTwin,
          kind.recomputesOnChange, kind.follows, kind.timeout.seconds)
      })
  }
}

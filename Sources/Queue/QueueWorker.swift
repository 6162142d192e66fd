import FoundationEssentials
import Postgres

/// One worker process in the eyes of the queue: what it does there under its own id.
public struct QueueWorker: Sendable {
  /// Random for each start of a process.
  public let id: UUID

  /// A worker of this id, registered or not.
  public init(id: UUID = UUID()) {
    self.id = id
  }

  // MARK: - Registration

  /// The facts that a worker process registers with.
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

    /// The facts that `register` writes.
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
    withUnsafeBytes(of: id.uuid) { $0.loadUnaligned(as: Int64.self) }
  }

  /// Introduces this worker and takes its lock, on the connection that will carry its heartbeat.
  /// - Returns: as `takeLock`.
  @discardableResult
  public func register(_ registration: Registration, on connection: Connection) async throws(PostgresError) -> Bool {
    _ = try await connection.query(
      Statements.registerWorker(
        id, registration.hostname, registration.pid, BuildInfo.version, registration.queues,
        registration.kinds, registration.lease.seconds, registration.heartbeat.seconds))
    return try await takeLock(on: connection)
  }

  /// Takes the lock on the connection that carries the heartbeat, unless a proxy shares that one among clients.
  /// - Returns: whether there is nothing more to be done: false while a lost connection of this worker still has it.
  public func takeLock(on connection: Connection) async throws(PostgresError) -> Bool {
    guard !connection.isPooled else {
      _ = try await connection.query(Statements.dropWorkerLock(id))
      return true
    }
    // No row: declared dead, as the next heartbeat learns.
    return try await connection.query(Statements.takeWorkerLock(id, lockKey)).first?.decode(Bool.self) ?? true
  }

  /// Says goodbye, after the last job.
  public func remove(on connection: Connection, deadline: Duration? = nil) async throws(PostgresError) {
    _ = try await connection.query(Statements.removeWorker(id), deadline: deadline)
  }

  // MARK: - Heartbeat

  /// The answer to a heartbeat.
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
    var pipeline = Pipeline()
    pipeline.add(Statements.notDurable())
    let renew = pipeline.add(
      Statements.renewWorker(
        id, lease.seconds, Int32(jobsRunning), isDraining, clockOffset.map { $0.seconds * 1000 }))
    let cancellations = pipeline.add(Statements.cancellationsOfWorker(id))
    let answers = try await connection.pipeline(pipeline, deadline: deadline)
    guard let row = answers[renew].first else { return nil }
    return Renewal(serverTime: try row.decode(Date.self), cancellations: try answers[cancellations].jobIDs())
  }

  /// Records a span of time that the server's clock passed twice.
  public func noteClockStep(from: Date, until: Date, on connection: Connection) async throws(PostgresError) {
    _ = try await connection.query(Statements.noteClockStep(id, from, until), deadline: .seconds(5))
  }

  /// Running jobs of this worker that somebody asked to cancel.
  public func cancellations(on connection: Connection) async throws(PostgresError) -> [JobID] {
    try await connection.query(Statements.cancellationsOfWorker(id), deadline: .seconds(5)).jobIDs()
  }

  /// The heartbeat counters of all other workers.
  public func heartbeatsOfOthers(on connection: Connection) async throws(PostgresError) -> [JobQueue.Heartbeat] {
    var heartbeats: [JobQueue.Heartbeat] = []
    for row in try await connection.query(Statements.heartbeats(id)) {
      let (worker, count, seconds) = try row.decode(UUID.self, Int64.self, Double.self)
      heartbeats.append(JobQueue.Heartbeat(worker: worker, count: count, interval: .seconds(seconds)))
    }
    return heartbeats
  }

  // MARK: - Jobs that this worker owns

  /// Requeues jobs that this worker owns but knows nothing of: the answer of their claim was lost on the way, or their
  /// batch could not be ended. The attempt is given back.
  /// - Parameter live: the tokens of all claims that are known, asked for only after the server's clock was read, so
  ///   that a claim that is just being made is never taken for an orphan.
  /// - Parameter deadline: for each of two statements.
  public func requeueOrphans(
    on connection: Connection, deadline: Duration? = nil, live: () -> [UUID]
  ) async throws(PostgresError) -> [JobID] {
    let now: Date = try await connection.query(Statements.serverTime(), deadline: deadline).only().decode(Date.self)
    let statement = Statements.requeueOrphans(id, live(), now)
    return try await connection.query(statement, deadline: deadline).jobIDs()
  }

  /// Writes the progress of jobs, if they are still this worker's.
  public func report(
    _ progress: [(job: Job, progress: JobQueue.Progress)], on connection: Connection
  ) async throws(PostgresError) {
    _ = try await connection.query(
      Statements.reportProgress(
        id, progress.map(\.job.id), progress.map { Int32($0.job.attempt) },
        progress.map { $0.progress.percent.flatMap { $0.isNaN ? nil : Float(min(max($0, 0), 100)) } },
        progress.map { $0.progress.message.map(JobQueue.storable) }))
  }
}

import FoundationEssentials
import Logging
import Postgres
import Queue
import ServiceLifecycle
import Synchronization
import TestServer

@testable import Worker

/// A worker in this process, on a database of its own.
struct RunningWorker: Sendable {
  let group: ServiceGroup
  let ended: Task<Void, any Error>

  init(
    _ database: TestDatabase, _ kinds: KindRunner..., connections: ConnectionSettings? = nil,
    failpoints: Failpoints = Failpoints(),
    gaveUp: Flag? = nil,
    settings change: (inout WorkerSettings) -> Void = { _ in }
  ) throws {
    var settings = WorkerSettings()
    settings.heartbeat = .milliseconds(50)
    settings.poll = .milliseconds(50)
    settings.computeThreads = 2
    // A machine that is busy with other tests is no reason to leave without a goodbye.
    settings.farewell = .seconds(60)
    change(&settings)
    let worker = try Worker(
      settings: settings, connections: connections ?? database.settings, kinds: kinds,
      migrator: Migrator([.queue, TestKind.schema]), failpoints: failpoints,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, giveUp: { gaveUp?.set() })
    group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: worker, successTerminationBehavior: .gracefullyShutdownGroup)],
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    ended = Task { [group] in try await group.run() }
  }

  /// Stops gracefully and waits for the end.
  func stop() async throws {
    await group.triggerGracefulShutdown()
    try await ended.value
  }
}

/// A kind whose three functions are given by the test; it writes (job, attempt) to probe_writes.
struct TestKind: JobKind {
  var definition = KindDefinition(
    name: "test", summary: "test", argumentsSchema: JSON(text: "{}"), batchLimit: 10, concurrency: 10,
    backoffBase: .milliseconds(20))
  var loads: @Sendable ([Job]) async throws -> Void = { _ in }
  var computes: @Sendable (Job) async throws -> Computed<Int> = { .store(Int($0.id)) }
  var stores: @Sendable ([Job]) async throws -> Void = { _ in }
  /// The table that it writes to.
  static let schema = SchemaModule(
    "test",
    files: [
      (
        "Tables/0006_test.up.sql",
        """
        CREATE TABLE twinmill.probe_writes (job_id bigint NOT NULL, attempt integer NOT NULL, n integer, token uuid);
        INSERT INTO twinmill.job_tables (table_name, kind) VALUES ('probe_writes', 'probe');
        """
      ),
      (
        "Tables/0006_test.down.sql",
        """
        DELETE FROM twinmill.job_tables WHERE table_name = 'probe_writes';
        DROP TABLE twinmill.probe_writes;
        """
      ),
    ])
  /// A job whose load ends its session.
  var deadly: JobID?

  func load(_ jobs: [Job], on connection: Connection) async throws -> [JobID: Result<Int, JobFailure>] {
    if jobs.contains(where: { $0.id == deadly }) {
      _ = try await connection.query("SELECT pg_terminate_backend(pg_backend_pid())")
    }
    try await loads(jobs)
    return Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, .success(0)) })
  }

  func compute(_ input: Int, for job: Job) async throws -> Computed<Int> {
    try await computes(job)
  }

  func store(_ outputs: [(job: Job, output: Int)], on connection: Connection) async throws {
    for (job, output) in outputs {
      _ = try await connection.query(
        "INSERT INTO twinmill.probe_writes VALUES (\(job.id), \(Int32(job.attempt)), \(Int32(output)), \(job.token))")
    }
    try await stores(outputs.map(\.job))
  }
}

/// Databases for worker tests, with the kind `test`.
enum WorkerDatabase {
  static func create() async throws -> TestDatabase {
    try await TestDatabase.create(from: "worker") { connection in
      _ = try await Migrator([.queue, TestKind.schema]).up(connection)
      try await JobQueue.register(kinds: [TestKind().definition], on: connection)
    }
  }
}

extension Connection {
  /// Enqueues `count` jobs of kind `test`.
  func enqueueTests(_ count: Int, maxAttempts: Int = 5) async throws {
    _ = try await query(
      """
      SELECT (twinmill.enqueue('test', max_attempts => \(Int32(maxAttempts))::integer)).job_id
      FROM generate_series(1, \(Int32(count))::integer)
      """)
  }

  /// The final state of a job, waited for.
  func finalState(_ job: JobID) async throws -> String {
    try await until("SELECT count(*) = 1 FROM twinmill.job_history WHERE job_id = \(job)")
    return try await value("SELECT state::text FROM twinmill.job_history WHERE job_id = \(job)")
  }

  /// Jobs in history by state.
  func ended(_ state: String) async throws -> [JobID] {
    var ids: [JobID] = []
    for row in try await query("SELECT job_id FROM twinmill.job_history WHERE state::text = \(state) ORDER BY 1") {
      ids.append(try row.decode(Int64.self))
    }
    return ids
  }

  /// Effects as (job, attempt), in order.
  func writes() async throws -> [[Int]] {
    var effects: [[Int]] = []
    for row in try await query("SELECT job_id, attempt FROM twinmill.probe_writes ORDER BY 1, 2") {
      let (job, attempt) = try row.decode(Int64.self, Int32.self)
      effects.append([Int(job), Int(attempt)])
    }
    return effects
  }
}

/// Something that a test waits for.
final class Signal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() {
    (stream, continuation) = AsyncStream.makeStream()
  }

  /// It has happened.
  func fire() { continuation.yield() }

  /// Returns when it has happened once more.
  func next() async {
    for await _ in stream { return }
  }
}

/// Where a job stands still until the test lets it go on.
final class Gate: Sendable {
  private let arrival = Signal()
  private let opening = Signal()

  /// Says that somebody is here, and waits for `open`.
  func pass() async {
    arrival.fire()
    await opening.next()
  }

  /// Returns when one more has arrived.
  func reached() async { await arrival.next() }

  /// Lets one go on.
  func open() { opening.fire() }
}

/// Something that has happened or not.
final class Flag: Sendable {
  private let flag = Mutex(false)

  var isSet: Bool { flag.withLock { $0 } }

  func set() { flag.withLock { $0 = true } }
}

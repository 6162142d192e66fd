import FoundationEssentials
import Logging
import Postgres
import Queue
import Synchronization
import TestServer
import Testing

@testable import Worker

@Suite("Listener", .timeLimit(.minutes(30)))
struct ListenerTests {
  /// A worker that would look at its queue, renew its lease and hear of cancellations far too late for these tests.
  private func sluggish(_ database: TestDatabase, _ kind: TestKind = TestKind()) throws -> RunningWorker {
    try RunningWorker(database, KindRunner(kind)) {
      $0.poll = .seconds(3600)
      $0.heartbeat = .seconds(600)
      $0.lease = .seconds(1800)
    }
  }

  /// Returns once a worker listens: its listener's session waits for work with LISTEN as its last statement.
  private func untilListening(_ connection: Connection) async throws {
    try await connection.until(
      """
      SELECT count(*) > 0 FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'
      """)
  }

  @Test("a listener whose session does not listen any more notices that its probe stays away, and listens anew")
  func deaf() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let wakeUp = WakeUp()
    let listening = Signal()
    let opened = Mutex(0)
    var listener = Listener(
      connections: database.settings, queues: ["default"], worker: QueueWorker(), inFlight: InFlight(),
      wakeUp: wakeUp, poll: .seconds(1), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    listener.pingInterval = .milliseconds(20)
    listener.pingDeadline = .milliseconds(200)
    listener.isListening = { connection in
      let number = opened.withLock { opened in
        opened += 1
        return opened
      }
      // The first session goes deaf; its connection answers as before.
      if number == 1 { try await connection.script("UNLISTEN *") } else { listening.fire() }
    }
    let running = Task { [listener] in try await listener.run() }
    await listening.next()
    #expect(wakeUp.take())
    try await connection.enqueueTests(1)
    await wakeUp.wait(atMost: .seconds(60))
    #expect(wakeUp.take())
    running.cancel()
    try await running.value
  }

  @Test("a listener whose pings come back keeps its connection")
  func hearing() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let opened = Mutex(0)
    var listener = Listener(
      connections: database.settings, queues: nil, worker: QueueWorker(), inFlight: InFlight(),
      wakeUp: WakeUp(), poll: .seconds(1), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    listener.pingInterval = .milliseconds(1)
    listener.pingDeadline = .seconds(1800)
    listener.isListening = { _ in opened.withLock { $0 += 1 } }
    let running = Task { [listener] in try await listener.run() }
    // Another session receives twenty of its pings.
    var received = connection.notifications().makeAsyncIterator()
    try await connection.script("LISTEN twinmill_ping")
    for _ in 1...20 { #expect(await received.next()?.channel == "twinmill_ping") }
    #expect(opened.withLock { $0 } == 1)
    running.cancel()
    try await running.value
  }

  @Test("a request to cancel reaches the running job by notification, not with the next heartbeat")
  func cancelled() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let started = Signal()
    var kind = TestKind()
    kind.computes = { _ in
      started.fire()
      while true { try await Task.sleep(for: .milliseconds(1)) }
    }
    let worker = try sluggish(database, kind)
    try await untilListening(connection)
    try await connection.enqueueTests(1)
    await started.next()
    #expect(try await connection.query("SELECT twinmill.cancel(1)")[0].decode(String.self) == "cancelling")
    #expect(try await connection.finalState(1) == "cancelled")
    try await worker.stop()
  }

  @Test("a notification that nobody had the right to is no request to cancel")
  func forgedCancel() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let started = Signal()
    let release = Signal()
    var kind = TestKind()
    kind.computes = { job in
      if job.id > 2 { return .unchanged }
      started.fire()
      if job.id == 1 {
        await release.next()
        try Task.checkCancellation()
        return .unchanged
      }
      while true { try await Task.sleep(for: .milliseconds(1)) }
    }
    let worker = try sluggish(database, kind)
    try await untilListening(connection)
    try await connection.enqueueTests(1)
    await started.next()
    try await connection.enqueueTests(1)
    await started.next()
    try await connection.script("NOTIFY twinmill_cancel, '1'")
    // Heard after the other: notifications come in order.
    try await connection.script("SELECT twinmill.cancel(2)")
    #expect(try await connection.finalState(2) == "cancelled")
    release.fire()
    #expect(try await connection.finalState(1) == "completed")
    try await worker.stop()
  }

  @Test("a job enqueued beside a transaction that notifies for both is found when its own transaction ends later")
  func followedUp() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let worker = try sluggish(database)
    try await untilListening(connection)
    try await connection.enqueueTests(1)
    #expect(try await connection.finalState(1) == "completed")

    // Every 10 ms of the coming minute is this transaction's to notify.
    let notifier = try await database.connect()
    try await notifier.script("BEGIN")
    try await notifier.takeWakeTurns(of: "default")
    let late = try await database.connect()
    try await late.script("BEGIN")
    try await late.enqueueTests(1)
    // Heard before the other commits: only by looking again can the worker find its job.
    try await notifier.script("SELECT pg_notify('twinmill_jobs', 'default'); COMMIT")
    try await connection.until(
      """
      SELECT count(*) > 0 FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE '%''twinmill.wake''%' AND pid <> pg_backend_pid()
        AND query_start > (SELECT max(xact_start) FROM pg_stat_activity WHERE pid = \(late.serverProcess))
      """)
    try await late.script("COMMIT")
    #expect(try await connection.finalState(2) == "completed")
    try await worker.stop()
  }

  @Test("the jobs of a session whose calls follow one another are found, though it does not notify with each")
  func outrun() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let worker = try sluggish(database)
    try await untilListening(connection)
    // Bursts, each ending in the middle of a turn.
    for _ in 1...10 {
      for _ in 1...30 { try await connection.enqueueTests(1) }
      try await connection.until("SELECT count(*) = 0 FROM twinmill.live_jobs")
    }
    try await worker.stop()
  }

  @Test("without listening a job begins within the poll interval, give or take what it takes with listening")
  func pollOnly() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let poll = 0.06
    let polling = try RunningWorker(database, KindRunner(TestKind())) {
      $0.queues = ["polled"]
      $0.listens = false
      $0.poll = .seconds(poll)
    }
    try await connection.until("SELECT count(*) = 1 FROM twinmill.workers")
    let listeners: SQL = """
      SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'
      """
    #expect(try await connection.value(listeners, as: Int64.self) == 0)
    let listening = try RunningWorker(database, KindRunner(TestKind())) {
      $0.queues = ["heard"]
      $0.poll = .seconds(3600)
    }
    try await untilListening(connection)
    // In turn, so that both sorts meet the machine as it is.
    for number in 1...42 {
      let queue = number % 2 == 0 ? "heard" : "polled"
      _ = try await connection.query("SELECT twinmill.enqueue('test', queue => \(queue)::text)")
      #expect(try await connection.finalState(JobID(number)) == "completed")
    }
    try await polling.stop()
    try await listening.stop()
    func delay(_ queue: String, at share: Double) async throws -> Double {
      try await connection.value(
        """
        SELECT percentile_disc(\(share)) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - enqueued_at)::float8)
        FROM twinmill.job_history WHERE queue = \(queue)
        """)
    }
    // The middle one of many, against what a notified job waits at its slowest.
    #expect(try await delay("polled", at: 0.5) <= poll + delay("heard", at: 0.9))
  }
}

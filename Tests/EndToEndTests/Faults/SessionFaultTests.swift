import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

/// Faults of sessions and of the server's limits. Each has a server of its own, whose settings it changes.
@Suite("Faults of sessions", .enabled(if: ProcessInfo.processInfo.environment["TWINMILL_ALL"] == "1"))
struct SessionFaultTests {
  /// Ends all sessions but those of the test and of its producer.
  private static let endSessions: SQL = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name <> 'tests'
    """

  @Test("F8: all sessions of the workers are ended, forty times under load")
  func terminated() async throws {
    let server = try await TestServer.own(durability: .full)
    let stage = try await FaultStage(try await Installed.migrated(on: server))
    for _ in 1...40 {
      _ = try await stage.connection.query(Self.endSessions)
      try await stage.untilEnded(5)
    }
    let recovery = try await stage.recovery()
    try await stage.judge("8, sessions ended", recovery: recovery)
    await server.stop()
  }

  @Test("F18: a statement_timeout of 1 ms stands on the database for a while")
  func statementTimeout() async throws {
    let server = try await TestServer.own(durability: .full)
    let stage = try await FaultStage(try await Installed.migrated(on: server))
    let name = Statement.quotedIdentifier(stage.database.name)
    try await stage.untilEnded(100)
    try await stage.connection.script("ALTER DATABASE \(name) SET statement_timeout = '1ms'")
    _ = try await stage.connection.query(Self.endSessions)
    // Until somebody has felt it, or it is clear that nobody does: our sessions may set their own.
    let now = try await stage.connection.value("SELECT count(*) FROM twinmill.job_history", as: Int64.self)
    while stage.workers.allSatisfy({ $0.lines(with: "statement timeout").isEmpty }),
      try await stage.connection.value("SELECT count(*) FROM twinmill.job_history", as: Int64.self) < now + 500
    { try await Task.sleep(for: .milliseconds(20)) }
    try await stage.connection.script("ALTER DATABASE \(name) RESET statement_timeout")
    _ = try await stage.connection.query(Self.endSessions)
    let recovery = try await stage.recovery()
    try await stage.judge("18, statement_timeout", recovery: recovery)
    await server.stop()
  }

  @Test("F19: a session locks jobs against their order until the server has ended five deadlocks")
  func deadlocks() async throws {
    let server = try await TestServer.own(durability: .full, settings: ["deadlock_timeout": "5ms"])
    let stage = try await FaultStage(try await Installed.migrated(on: server))
    let rival = try await stage.database.connect()
    var deadlocks = 0
    while deadlocks < 5 {
      do {
        try await rival.script(
          "BEGIN; SELECT FROM twinmill.live_jobs ORDER BY job_id DESC LIMIT 200 FOR UPDATE; COMMIT")
      } catch {
        // The server picks its victim: sometimes this session, sometimes a worker's.
        try await rival.script("ROLLBACK")
      }
      let log = FileManager.default.contents(atPath: "\(server.folder)/server.log") ?? Data()
      deadlocks = String(decoding: log, as: UTF8.self).ranges(of: "deadlock detected").count
    }
    await rival.close()
    let recovery = try await stage.recovery()
    try await stage.judge("19, deadlocks", recovery: recovery)
    await server.stop()
  }

  @Test("F20: somebody else has all connections; the workers' own are ended, and come back when there is room")
  func noConnections() async throws {
    let server = try await TestServer.own(durability: .full, settings: ["max_connections": "30"])
    let stage = try await FaultStage(try await Installed.migrated(on: server))
    var others: [Connection] = []
    func takeAll() async throws {
      while true {
        do {
          others.append(try await stage.database.connect())
        } catch let error as PostgresError where error.message.contains("too many clients") {
          return
        }
      }
    }
    try await stage.untilEnded(100)
    try await takeAll()
    _ = try await stage.connection.query(Self.endSessions)
    // The first to ask gets the free places: take them again until a worker has found none.
    while stage.workers.allSatisfy({ $0.lines(with: "too many clients").isEmpty }) {
      try await takeAll()
      _ = try await stage.connection.query(Self.endSessions)
      try await Task.sleep(for: .milliseconds(20))
    }
    for other in others { await other.close() }
    let recovery = try await stage.recovery()
    try await stage.judge("20, too many connections", recovery: recovery)
    await server.stop()
  }

  @Test("F21: idle_in_transaction_session_timeout is 1 s: no transaction of a daemon ever stands still so long")
  func idleInTransaction() async throws {
    let server = try await TestServer.own(durability: .full)
    let database = try await Installed.migrated(on: server)
    let admin = try await database.connect()
    let name = Statement.quotedIdentifier(database.name)
    try await admin.script("ALTER DATABASE \(name) SET idle_in_transaction_session_timeout = '1s'")
    let stage = try await FaultStage(database)
    try await stage.untilEnded(1000)
    let recovery = try await stage.recovery()
    let log = FileManager.default.contents(atPath: "\(server.folder)/server.log") ?? Data()
    #expect(!String(decoding: log, as: UTF8.self).contains("idle-in-transaction timeout"))
    // The judge thinks inside of a transaction.
    try await admin.script("ALTER DATABASE \(name) RESET idle_in_transaction_session_timeout")
    try await stage.judge("21, idle in transaction", recovery: recovery)
    await admin.close()
    await server.stop()
  }

  @Test("F31: the server stands still (SIGSTOP) beyond every deadline, and goes on")
  func serverStopped() async throws {
    let server = try await TestServer.own(durability: .full)
    let stage = try await FaultStage(
      try await Installed.migrated(on: server), settings: ["TWINMILL_LEASE_SECONDS": "6"])
    try await stage.untilEnded(100)
    let master = try #require(await server.processID)
    let all = [master] + Self.children(of: master)
    for process in all { kill(process, SIGSTOP) }
    for worker in stage.workers { try await worker.untilLogged("heartbeat missed") }
    // Those that the master has started since are stopped with it.
    for process in [master] + Self.children(of: master) { kill(process, SIGCONT) }
    // Each may have been declared dead by the other when the server went on; then it ends with 75, as it should.
    let recovery = try await stage.recovery()
    try await stage.judge("31, server stopped", recovery: recovery, mayBeLost: true)
    await server.stop()
  }

  @Test("F32: a worker finds no file descriptor for its connections: it waits or ends, and nothing is lost")
  func descriptors() async throws {
    let server = try await TestServer.own(durability: .full)
    let stage = try await FaultStage(try await Installed.migrated(on: server))
    let worker = stage.workers[0]
    try await limitDescriptors(of: worker, to: 3)
    _ = try await stage.connection.query(Self.endSessions)
    // It has no connection, so its lock is free: the other one declares it dead, and it ends, or it waits.
    while worker.isRunning, worker.lines(with: "Too many open files").isEmpty {
      try await Task.sleep(for: .milliseconds(20))
    }
    try await stage.untilEnded(100)
    try await limitDescriptors(of: worker, to: 1024)
    let recovery = try await stage.recovery()
    try await stage.judge("32, file descriptors", recovery: recovery, mayBeLost: true)
    await server.stop()
  }

  @Test("F30: the queue of notifications is full, because a listener stands still in a transaction: enqueue goes on")
  func notifyQueueFull() async throws {
    let server = try await TestServer.own(durability: .full)
    let database = try await Installed.migrated(on: server)
    let admin = try await database.connect()
    // Before PostgreSQL 17 the queue has 8 GB.
    guard admin.serverVersion >= 170000 else { return await server.stop() }
    try await admin.script("ALTER SYSTEM SET max_notify_queue_pages = 64")
    await admin.close()
    try await server.restart()
    let stage = try await FaultStage(database)
    try await stage.untilEnded(100)
    let listener = try await database.connect()
    try await listener.script("LISTEN twinmill_jobs")
    try await listener.script("BEGIN; SELECT 1")
    let noisy = try await database.connect()
    do {
      while true { _ = try await noisy.query("SELECT pg_notify('twinmill_jobs', repeat('x', 7999))") }
    } catch {
      #expect(error.message.contains("too many notifications"), "\(error)")
    }
    // PostgreSQL refuses the commit of whoever notifies, and so of an enqueue.
    await withKnownIssue("enqueue does not ask how full the queue is") {
      for _ in 1...20 { _ = try await stage.connection.query("SELECT twinmill.enqueue('probe')") }
    }
    await listener.close()
    try await noisy.until("SELECT pg_notification_queue_usage() < 0.5")
    let recovery = try await stage.recovery()
    try await stage.judge("30, NOTIFY queue full", recovery: recovery)
    await noisy.close()
    await server.stop()
  }

  private func limitDescriptors(of worker: Daemon, to limit: Int) async throws {
    let set = try await ChildProcess.run(["prlimit", "--pid", "\(worker.id)", "--nofile=\(limit):"])
    #expect(set.status == 0 || !worker.isRunning, "\(set.err)")
  }

  private static func children(of parent: pid_t) -> [pid_t] {
    let list = FileManager.default.contents(atPath: "/proc/\(parent)/task/\(parent)/children") ?? Data()
    return String(decoding: list, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
  }
}

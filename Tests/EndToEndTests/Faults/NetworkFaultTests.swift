import FoundationEssentials
import Postgres
import PostgresServer
import TestServer
import Testing

/// Faults of the network between workers and server, on a wire of the test's own.
@Suite(
  "Faults of the network", .enabled(if: ProcessInfo.processInfo.environment["TWINMILL_ALL"] == "1"), .dropsDatabases)
struct NetworkFaultTests {
  @Test("F14: one worker's packets are lost without a word; the other goes on with its jobs, and verify proves all")
  func blackHole() async throws {
    let database = try await Installed.migrated()
    let wire = try FaultyWire(to: database)
    let stage = try await FaultStage(database, workers: 1)
    let cutOff = try await Daemon(
      "worker", url: wire.url(of: database),
      environment: FaultStage.settings.merging(["TWINMILL_LEASE_SECONDS": "6"]) { $1 })
    try await cutOff.untilLogged("working")
    try await stage.untilEnded(100)
    wire.hold()
    // It says that it cannot reach the server, and is declared dead by the other one.
    try await cutOff.untilLogged("heartbeat missed")
    try await stage.connection.until(
      "SELECT NOT EXISTS (SELECT FROM twinmill.workers WHERE pid = \(cutOff.id))")
    let recovery = try await stage.recovery()
    wire.release()
    #expect(await cutOff.wait() == 75)
    try await stage.judge("14, black hole", recovery: recovery)
    wire.close()
  }

  @Test("F15: connecting leads into a black hole: the worker waits, says so, and works when the network is back")
  func blackHoleAtStart() async throws {
    let database = try await Installed.migrated()
    let wire = try FaultyWire(to: database)
    let stage = try await FaultStage(database, workersURL: wire.url(of: database))
    try await stage.untilEnded(50)
    wire.hold()
    wire.cut()
    for worker in stage.workers { try await worker.untilLogged("heartbeat missed") }
    wire.release()
    let recovery = try await stage.recovery()
    try await stage.judge("15, black hole at connect", recovery: recovery, mayBeLost: true)
    wire.close()
  }

  @Test("F16: every connection is cut, two hundred times, in the middle of whatever it does")
  func cut() async throws {
    let database = try await Installed.migrated()
    let wire = try FaultyWire(to: database)
    let stage = try await FaultStage(database, workersURL: wire.url(of: database))
    for round in 1...200 {
      try await Task.sleep(for: .milliseconds(10 + round % 7 * 10))
      wire.cut()
      if round.isMultiple(of: 20) { try await stage.untilEnded(5) }
    }
    let recovery = try await stage.recovery()
    try await stage.judge("16, connections cut", recovery: recovery)
    wire.close()
  }

  @Test("F17: each packet takes up to 100 ms: nobody is declared dead, and jobs go on")
  func slow() async throws {
    let database = try await Installed.migrated()
    let wire = try FaultyWire(to: database)
    let stage = try await FaultStage(database, workersURL: wire.url(of: database))
    wire.delay(upTo: 100)
    try await stage.untilEnded(400)
    let workers = try await stage.connection.value("SELECT count(*) FROM twinmill.workers", as: Int64.self)
    #expect(workers == 2)
    wire.delay(upTo: 0)
    let recovery = try await stage.recovery()
    let crashes = try await stage.connection.value(
      "SELECT count(*) FROM twinmill.job_history WHERE crashes > 0", as: Int64.self)
    #expect(crashes == 0)
    try await stage.judge("17, slow network", recovery: recovery)
    wire.close()
  }

  @Test("F30: PgBouncer pools sessions or transactions: all goes on; statements: no job is done, none is lost")
  func poolModes() async throws {
    let database = try await Installed.migrated()
    for mode in ["session", "transaction"] {
      let proxy = try await PoolingProxy.start(for: database, size: 40, mode: mode)
      let stage = try await FaultStage(database, workersURL: proxy.url(of: database))
      try await stage.untilEnded(200)
      let recovery = try await stage.recovery()
      try await stage.judge("30, PgBouncer pools \(mode)s", recovery: recovery)
      await proxy.stop()
    }
    // Transactions are refused by it, so a result cannot be stored. The job waits for a worker that can.
    let proxy = try await PoolingProxy.start(for: database, size: 12, mode: "statement")
    let worker = try await Daemon("worker", url: proxy.url(of: database), environment: Daemon.mortal)
    let connection = try await database.connect()
    let job: Int64 = try await connection.value(
      "SELECT job_id FROM twinmill.enqueue('probe', arguments => '{\"rows\": 1}')")
    try await worker.untilLogged("statement pooling mode")
    await worker.kill()
    await proxy.stop()
    let successor = try await Daemon("worker", url: database.url)
    try await connection.until(
      "SELECT EXISTS (SELECT FROM twinmill.job_history WHERE job_id = \(job) AND state = 'completed')")
    let rows: Int64 = try await connection.value("SELECT count(*) FROM twinmill.probe_writes WHERE job_id = \(job)")
    #expect(rows == 1)
    #expect(await successor.stop() == 0)
    await connection.close()
  }
}

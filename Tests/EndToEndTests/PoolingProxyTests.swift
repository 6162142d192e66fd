import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("Behind a pooling proxy", .dropsDatabases)
struct PoolingProxyTests {
  /// How the daemons are told of the proxy.
  enum Mode: CaseIterable {
    /// With a direct URL for listener and heartbeat.
    case directListener
    /// Told not to listen.
    case none
    /// Not told anything.
    case unaware
  }

  private func environment(_ mode: Mode, _ database: TestDatabase) -> [String: String?] {
    let listen: String? =
      switch mode {
      case .directListener: database.url
      case .none: "none"
      case .unaware: nil
      }
    return Daemon.quick.merging(["TWINMILL_LISTEN_URL": listen]) { $1 }
  }

  @Test("everything goes through it: migrations, worker, scheduler, psql, cancelling, rescue", arguments: Mode.allCases)
  func through(_ mode: Mode) async throws {
    let database = try await TestDatabase.create()
    let proxy = try await PoolingProxy.start(for: database, size: 12)
    let url = proxy.url(of: database)
    let environment = environment(mode, database)
    for command in [["migrate", "up"], ["migrate", "down", "--to", "0"], ["migrate", "up"]] {
      let output = try await Installed.run(command, url: url)
      #expect(output.status == 0, "\(output.err)")
    }
    let connection = try await database.connect()
    let victim = try await Daemon(
      "worker", url: url,
      environment: environment.merging(Daemon.mortal) { $1 }.merging(["TWINMILL_FAILPOINT": "computed"]) { $1 })
    // The victim dies with its jobs. If it has a lock, the lock shows its death at once.
    _ = try await Installed.run(["enqueue", "probe", "--arguments", "{\"rows\": 3}"], url: url)
    try await victim.untilStopped()
    let holdsLock = try await connection.value(
      "SELECT bool_and(lock_key IS NOT NULL) FROM twinmill.workers", as: Bool.self)
    #expect(holdsLock == (mode == .directListener))
    await victim.kill()

    let worker = try await Daemon("worker", url: url, environment: environment)
    let scheduler = try await Daemon("scheduler", url: url, environment: environment)
    try await connection.until(
      "SELECT count(*) = 1 FROM twinmill.job_history WHERE kind = 'probe' AND state = 'completed' AND crashes = 1")
    let effects = try await connection.value(
      "SELECT count(*) FILTER (WHERE attempt = 2) || ' of ' || count(*) FROM twinmill.probe_writes", as: String.self)
    #expect(effects == "3 of 3")
    #expect(worker.lines(with: "polling only").count == (mode == .unaware ? 1 : 0))
    // The listener's connection, or none.
    let listeners = try await connection.value(
      """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND (query LIKE 'LISTEN %' OR query LIKE '%SELECT NOT pg_try_advisory_xact_lock%')
      """, as: Int64.self)
    #expect((listeners > 0) == (mode == .directListener))

    let enqueued = try await Installed.run(
      ["enqueue", "probe", "--arguments", "{\"rows\": 1}", "--wait"], url: url)
    #expect(enqueued.out.hasSuffix("inserted, completed\n"), "\(enqueued.out)\(enqueued.err)")

    let running = try await Installed.run(["enqueue", "probe", "--arguments", "{\"sleep_ms\": 600000}"], url: url)
    #expect(running.status == 0)
    try await connection.until("SELECT count(*) = 1 FROM twinmill.jobs WHERE state = 'running' AND kind = 'probe'")
    // The scheduler's sweep of each minute may run, too.
    let cancel = "SELECT twinmill.cancel(job_id) FROM twinmill.jobs WHERE state = 'running' AND kind = 'probe'"
    let psql = try await ChildProcess.run(["psql", "-X", "-At", "-d", url, "-c", cancel])
    #expect(psql.out == "cancelling\n", "\(psql.err)")
    try await connection.until("SELECT count(*) = 1 FROM twinmill.job_history WHERE state = 'cancelled'")

    try await connection.runScheduleOfProbes()
    #expect(await worker.stop() == 0)
    #expect(await scheduler.stop() == 0)
    // Nothing of it is left in the proxy's own connections.
    let left = try await connection.value(
      """
      SELECT count(*) FROM pg_locks
      WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      """, as: Int64.self)
    #expect(left == 0)
    await proxy.stop()
  }

  @Test("the setting that turns prepared statements off, or insists on them, is heeded")
  func setting() async throws {
    let database = try await Installed.migrated()
    let bad = try await Installed.run(
      ["migrate", "status"], url: database.url, environment: ["TWINMILL_PREPARED_STATEMENTS": "perhaps"])
    #expect(bad.status == 78)
    #expect(bad.err.contains("TWINMILL_PREPARED_STATEMENTS: must be true or false, not 'perhaps'"), "\(bad.err)")
    let connection = try await database.connect()
    for isOn in [true, false] {
      let worker = try await Daemon(
        "worker", url: database.url,
        environment: Daemon.quick.merging(["TWINMILL_PREPARED_STATEMENTS": isOn ? "true" : "false"]) { $1 })
      let done = try await Installed.run(["enqueue", "probe", "--wait"], url: database.url)
      #expect(done.out.hasSuffix("inserted, completed\n"), "\(done.err)")
      #expect(await worker.stop() == 0)
    }
    await connection.close()
  }
}

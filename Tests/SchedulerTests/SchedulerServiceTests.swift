import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import Queue
import ServiceLifecycle
import Synchronization
import TestServer
import Testing

@testable import Scheduler

@Suite("The scheduler process")
struct SchedulerServiceTests {
  /// A running service, and its loop's events as they happen.
  private struct Running {
    let task: Task<Void, any Error>
    let group: ServiceGroup
    let events: AsyncStream<TickLoop.Event>

    init(_ settings: ConnectionSettings, deadline: Duration = .seconds(20)) {
      var service = SchedulerService(
        connections: settings, migrator: SchedulerDatabase.migrator, logger: SchedulerDatabase.quiet,
        poll: .milliseconds(20), deadline: deadline)
      let (events, continuation) = AsyncStream<TickLoop.Event>.makeStream()
      service.observe = { continuation.yield($0) }
      let group = ServiceGroup(services: [service], logger: SchedulerDatabase.quiet)
      self.events = events
      self.group = group
      task = Task { try await group.run() }
    }

    /// Returns when an event of that sort has happened since the last call.
    func wait(for isExpected: (TickLoop.Event) -> Bool) async {
      for await event in events where isExpected(event) { return }
    }

    func waitForTick() async {
      await wait { if case .ticked(let schedules) = $0 { schedules > 0 } else { false } }
    }

    func stop() async throws {
      await group.triggerGracefulShutdown()
      try await task.value
    }
  }

  @Test("ticks what is due, takes edits by itself, and ends in order when asked", .timeLimit(.minutes(30)))
  func runs() async throws {
    try await SchedulerDatabase.with { database, connection in
      let service = Running(database.settings)
      await service.wait { if case .peeked(_, nil) = $0 { true } else { false } }
      try await ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe").put(on: connection)
      await service.waitForTick()
      try await connection.plant("s", since: "2026-01-01Z")
      await service.waitForTick()
      await service.wait { if case .peeked(let now, let next?) = $0 { next > now } else { false } }
      #expect(try await connection.count("SELECT count(*) FROM twinmill.jobs") == 1)
      try await service.stop()
    }
  }

  @Test("refuses to start on a database without its migrations", .timeLimit(.minutes(30)))
  func unmigrated() async throws {
    let database = try await TestDatabase.create()
    let service = SchedulerService(
      connections: database.settings, migrator: SchedulerDatabase.migrator, logger: SchedulerDatabase.quiet)
    await #expect(throws: MigrationError.self) { try await service.run() }
    await database.drop()
  }

  @Test("outlives restarts of the server, fast and immediate, and loses no instant", .timeLimit(.minutes(30)))
  func restart() async throws {
    let server = try await TestServer.own()
    let database = try await SchedulerDatabase.create(on: server)
    var connection = try await database.connect()
    var entry = ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe")
    entry.overlap = "allow"
    try await entry.put(on: connection)
    let service = Running(database.settings)
    await service.waitForTick()
    for mode in [PrivateServer.Shutdown.fast, .immediate] {
      try await server.restart(mode)
      await service.wait { if case .failed = $0 { true } else { false } }
      await service.wait { if case .peeked = $0 { true } else { false } }
      await connection.close()
      connection = try await database.connect()
      try await connection.plant("s", since: "\(Date(timeIntervalSinceNow: -180).formatted(.iso8601))")
      await service.waitForTick()
    }
    try await service.stop()
    let gaps: SQL = """
      SELECT (count(*) >= 2 AND count(*) = extract(epoch FROM max(planned_at) - min(planned_at)) / 60 + 1)::text
      FROM twinmill.schedule_ticks
      """
    #expect(try await connection.text(gaps) == "true")
    #expect(try await connection.count("SELECT count(*) - count(DISTINCT tick) FROM twinmill.jobs") == 0)
    await connection.close()
    await server.stop()
  }

  @Test("starts while the server is still down", .timeLimit(.minutes(30)))
  func serverDown() async throws {
    let server = try await TestServer.own()
    let database = try await SchedulerDatabase.create(on: server)
    await server.stop()
    let service = Running(database.settings)
    await service.wait { if case .failed = $0 { true } else { false } }
    try await server.start()
    await service.wait { if case .peeked = $0 { true } else { false } }
    try await service.stop()
    await server.stop()
  }

  @Test("ends although its server does not answer, neither a statement nor its cancellation", .timeLimit(.minutes(30)))
  func hungServer() async throws {
    try await SchedulerDatabase.with { database, connection in
      let service = Running(database.settings, deadline: .seconds(3600))
      await service.wait { if case .peeked = $0 { true } else { false } }
      // A statement is under way for certain while it waits for a lock.
      try await connection.script("BEGIN; LOCK TABLE twinmill.schedules IN ACCESS EXCLUSIVE MODE")
      let server = try await connection.processWaitingForLock()
      kill(server, SIGSTOP)
      defer { kill(server, SIGCONT) }
      try await service.stop()
      try await connection.script("ROLLBACK")
    }
  }

  @Test("ends while it connects to a server that does not answer", .timeLimit(.minutes(30)))
  func silentServer() async throws {
    let silent = try SilentServer()
    defer { silent.close() }
    let service = Running(
      ConnectionSettings(
        url: "postgres://postgres@127.0.0.1:\(silent.port)/x?connect_timeout=3600",
        options: .init(openDeadline: .seconds(3600))))
    try await silent.accepted()
    try await service.stop()
  }

  @Test(
    "refuses to start with what waiting does not mend, and says so",
    .timeLimit(.minutes(30)),
    arguments: ["nonsense", "user=nobody-knows", "dbname=not-there"])
  func wrongLogin(_ wrong: String) async throws {
    let database = try await SchedulerDatabase.create()
    let socket = "host=\(database.server.socketFolder) port=5432 dbname=\(database.name) user=postgres"
    let url = wrong == "nonsense" ? wrong : "\(socket) \(wrong)"
    let service = SchedulerService(
      connections: ConnectionSettings(url: url), migrator: SchedulerDatabase.migrator,
      logger: SchedulerDatabase.quiet)
    let error = await #expect(throws: PostgresError.self) { try await service.run() }
    #expect(error.map { $0.kind == .configuration || $0.isWrongLogin } == true, "\(String(describing: error))")
    await database.drop()
  }

  @Test("two processes at once make no double tick", .timeLimit(.minutes(30)))
  func two() async throws {
    try await SchedulerDatabase.with { database, connection in
      for number in 1...20 {
        var entry = ScheduleEntry(name: "s\(number)", cron: "* * * * *", kind: "probe")
        entry.overlap = "allow"
        entry.catchUp = "all"
        entry.catchUpLimit = 100
        try await entry.put(on: connection)
        try await connection.plant("s\(number)", since: "\(Date(timeIntervalSinceNow: -3_000).formatted(.iso8601))")
      }
      let services = [Running(database.settings), Running(database.settings)]
      for service in services {
        await service.wait { if case .peeked(let now, let next?) = $0 { next > now } else { false } }
      }
      for service in services { try await service.stop() }
      let sql: SQL = """
        SELECT (count(*) >= 1000 AND count(*) = count(DISTINCT (schedule, tick))
                AND count(*) = (SELECT count(*) FROM twinmill.schedule_ticks))::text FROM twinmill.jobs
        """
      #expect(try await connection.text(sql) == "true")
    }
  }
}

import FoundationEssentials
import Postgres
import PostgresServer
import TestServer
import Testing

/// Every function of the schema, called by each role with hostile values, beside a worker and a scheduler.
///
/// `TWINMILL_FUZZ_CALLS` sets the number of calls of each role (300 unless set), `TWINMILL_FUZZ_MINUTES` a time instead,
/// `TWINMILL_FUZZ_SEED` the number of the first call. A call of a number is the same in every run.
@Suite("Hostile calls of the SQL functions")
struct HostileCallTests {
  /// Those who call functions: the three groups of people and applications, and a login without any right.
  private static let roles = ["twinmill_enqueue", "twinmill_operate", "twinmill_read", "fuzz_stranger"]

  /// A fault of an answer, with the call that shows it.
  private struct Offence: Sendable {
    let role: String
    let call: Int
    let statement: String
    let fault: String
  }

  @Test("each error has an SQLSTATE and a message for its caller; at the end each queue runs a fresh probe")
  func hostile() async throws {
    // Roles belong to the whole server.
    let server = try await TestServer.own()
    let database = try await Installed.migrated(on: server)
    try await prepare(database)
    let connection = try await database.connect()
    let worker = try await Daemon("worker", url: database.url)
    let scheduler = try await Daemon("scheduler", url: database.url)

    let offences = try await withThrowingTaskGroup(of: (Int, [Offence]).self) { callers in
      for role in Self.roles { callers.addTask { try await Self.call(as: role, on: database) } }
      return try await callers.reduce(into: (0, [Offence]())) { $0 = ($0.0 + $1.0, $0.1 + $1.1) }
    }
    print("hostile calls: \(offences.0), offences: \(offences.1.count)")
    for offence in offences.1.prefix(40) {
      Issue.record("\(offence.role), call \(offence.call): \(offence.fault)\n\(offence.statement.prefix(600))")
    }

    // Nobody is left inside a transaction or waits for a lock.
    let stuck = try await connection.value(
      """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = current_database() AND usename <> 'postgres'
      """, as: Int64.self)
    #expect(stuck == 0)
    // Queues that operators closed are opened; then a fresh job of each completes, whatever waits there.
    try await connection.script(
      """
      SELECT twinmill.resume(queue), twinmill.limit_queue(queue) FROM twinmill.queue_settings;
      UPDATE twinmill.schedules SET enabled = false WHERE enabled;
      """)
    _ = try await connection.query(
      """
      CREATE TABLE fuzz.probe AS
      SELECT e.job_id FROM (SELECT DISTINCT queue FROM twinmill.lanes) AS l,
        LATERAL twinmill.enqueue('probe', arguments => '{"rows": 1}', queue => l.queue, priority => 0) AS e
      """)
    let probes = try await connection.value("SELECT count(*) FROM fuzz.probe", as: Int64.self)
    print("fresh probes, one for each queue: \(probes)")
    try await connection.until(
      """
      SELECT NOT EXISTS (SELECT FROM fuzz.probe p JOIN twinmill.live_jobs j USING (job_id))
      """)
    let completed = try await connection.value(
      "SELECT count(*) FROM fuzz.probe JOIN twinmill.job_history h USING (job_id) WHERE h.state = 'completed'",
      as: Int64.self)
    #expect(completed == probes)
    #expect(await worker.stop() == 0, "\(worker.log.suffix(2000))")
    #expect(await scheduler.stop() == 0, "\(scheduler.log.suffix(2000))")
    // A statement of the daemons that fails again and again would be in their logs. Jobs may fail as they were told.
    let errors = [worker, scheduler].flatMap { $0.lines(with: "\"level\":\"error\"") }
    let own = errors.filter { !$0.contains("\"event\":\"job_discarded\"") }
    if let error = own.first { Issue.record("a daemon said, \(own.count) times: \(error.prefix(600))") }
    await connection.close()
    await server.stop()
  }

  private func prepare(_ database: TestDatabase) async throws {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    let roles = here.appending(path: "../../../Deploy/sql/roles.sql").path
    let calls = here.appending(path: "hostile_calls.sql").path
    let result = try await ChildProcess.run(
      ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "login=", "-d", database.url, "-f", roles, "-f", calls])
    guard result.status == 0 else { throw Installed.Failed(result.err) }
    let connection = try await database.connect()
    try await connection.script("CREATE ROLE fuzz_stranger")
    await connection.close()
  }

  /// Calls functions as a role, one after another.
  private static func call(as role: String, on database: TestDatabase) async throws -> (calls: Int, [Offence]) {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["TWINMILL_FUZZ_SEED"].flatMap(Int.init) ?? 1
    let last = first + (environment["TWINMILL_FUZZ_CALLS"].flatMap(Int.init) ?? 300)
    let end = environment["TWINMILL_FUZZ_MINUTES"].flatMap(Int.init).map { ContinuousClock.now + .seconds($0 * 60) }
    let author = try await database.connect()
    var caller = try await open(role, database)
    var offences: [Offence] = []
    var number = first
    while end.map({ ContinuousClock.now < $0 }) ?? (number < last) {
      let batch = try await author.query(
        """
        SELECT c.function, c.statement FROM generate_series(\(Int64(number)), \(Int64(number + 99))) AS n,
          LATERAL fuzz.call(\(role), n) AS c
        """)
      for row in batch {
        let (function, statement) = try row.decode(String.self, String.self)
        do {
          try await caller.script(statement)
        } catch {
          if let fault = fault(of: error, in: function) {
            offences.append(Offence(role: role, call: number, statement: statement, fault: "\(function): \(fault)"))
          }
          if caller.isDead { caller = try await open(role, database) }
        }
        number += 1
        if end == nil, number == last { break }
      }
    }
    await caller.close()
    await author.close()
    return (number - first, offences)
  }

  private static func open(_ role: String, _ database: TestDatabase) async throws -> Connection {
    let connection = try await database.connect()
    try await connection.script("SET statement_timeout = '20s'; SET SESSION AUTHORIZATION \(role)")
    return connection
  }

  /// The fault of an error, if it is none that a caller can use.
  private static func fault(of error: PostgresError, in function: String) -> String? {
    guard let state = error.sqlstate else { return "no SQLSTATE: \(error)" }
    // An error of a RAISE is ours; P0001 says nothing.
    let isOurs = error.context?.split(separator: "\n").first?.hasSuffix(" at RAISE") ?? false
    switch state {
    // Not allowed.
    case "42501": return nil
    // It waits as long as it was told to.
    case "57014" where function == "wait": return nil
    case "P0001": return "no SQLSTATE of its own: \(error.message)"
    case _ where isOurs: return error.message.isEmpty ? "no message [\(state)]" : nil
    // A value that PostgreSQL itself refuses, as every function of it does.
    case _ where state.hasPrefix("22"): return nil
    default: return "\(error.message) [\(state)]"
    }
  }
}

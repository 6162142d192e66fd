import Postgres
import PostgresServer
import TestServer
import Testing

@testable import Queue

/// Bounds of a caller's input, and of who may give it: sizes, durations, kinds that are for operators.
@Suite("Bounds of what is given", .queueDatabase)
struct BoundedInputTests: DatabaseSuite {
  /// The SQLSTATE, message and hint of a refused statement.
  private func refusal(_ statement: String) async throws -> (sqlstate: String, message: String, hint: String) {
    do {
      _ = try await connection.query(SQL(stringLiteral: statement))
      return ("", "", "")
    } catch {
      return (error.sqlstate ?? "", error.message, error.hint ?? "")
    }
  }

  private func text(_ statement: String) async throws -> String {
    try await connection.value(SQL(stringLiteral: statement), as: String.self)
  }

  @Test("D3: arguments beyond the kind's limit are refused, and the hint raises it")
  func arguments() async throws {
    // A schema that lets anything in.
    try await JobQueue.register(
      kinds: [KindDefinition(name: "any", summary: "test", argumentsSchema: JSON(text: "{}"))], on: connection)
    let large = "jsonb_build_object('text', repeat('x', 1048576))"
    let (sqlstate, message, hint) = try await refusal("SELECT twinmill.enqueue('any', arguments => \(large))")
    #expect(sqlstate == "22023")
    #expect(message.hasPrefix("arguments of kind 'any' take 10485"), "\(message)")
    #expect(message.hasSuffix(" bytes, at most 1048576 are allowed"))
    #expect(hint.contains("twinmill.limit_arguments('any', "), "\(hint)")
    // One by one, in bulk and as documents: nothing goes in, and the others of the call do.
    #expect(
      try await text(
        """
        SELECT string_agg(outcome, ',' ORDER BY number) FROM twinmill.enqueue_all(ARRAY[
          twinmill.request('any', arguments => \(large)), twinmill.request('any'),
          twinmill.request('any', arguments => \(large), unique_key => 'k')])
        """) == "refused,inserted,refused")
    #expect(
      try await text(
        """
        SELECT string_agg(outcome, ',' ORDER BY number) FROM twinmill.enqueue_many(jsonb_build_array(
          jsonb_build_object('kind', 'any', 'arguments', \(large)), jsonb_build_object('kind', 'any')))
        """) == "refused,inserted")
    #expect(try await text("SELECT count(*)::text FROM twinmill.live_jobs") == "2")
    try await connection.script("SELECT twinmill.limit_arguments('any', 2000000)")
    #expect(try await text("SELECT outcome FROM twinmill.enqueue('any', arguments => \(large))") == "inserted")
    // A worker that registers its kinds anew leaves the limit.
    try await JobQueue.register(
      kinds: [KindDefinition(name: "any", summary: "changed", argumentsSchema: JSON(text: "{}"))], on: connection)
    #expect(try await text("SELECT outcome FROM twinmill.enqueue('any', arguments => \(large))") == "inserted")
    #expect(try await refusal("SELECT twinmill.limit_arguments('any', 1)").sqlstate == "22023")
    #expect(try await refusal("SELECT twinmill.limit_arguments('none', 2000000)").sqlstate == "22023")
  }

  @Test(
    "W6: numbers that would break something later are refused at once",
    arguments: [
      "weigh_tenant('a', 1e-308)", "weigh_tenant('a', 0)", "weigh_tenant('a', 'NaN')", "weigh_tenant('a', 'Infinity')",
      "weigh_tenant('a', 1e7)", "weigh_tenant(NULL, 1)", "weigh_tenant(repeat('x', 1000000), 1)",
      "limit_queue('q', rate => 1, per => '100000 years')",
      "limit_queue('q', rate => 1, per => '-1 s')", "limit_arguments('probe', NULL)",
      "limit_arguments('probe', 2000000000)", "wait(1, '2147483647 months')",
    ])
  func numbers(_ call: String) async throws {
    let (sqlstate, message, hint) = try await refusal("SELECT twinmill.\(call)")
    #expect(sqlstate == "22023", "\(call): \(sqlstate) \(message)")
    #expect(!hint.isEmpty)
  }

  @Test("D4: a kind for operators is refused to others, with the remedy, which works")
  func operators() async throws {
    let role = "enqueuer_\(database.name)"
    try await JobQueue.register(
      kinds: [
        KindDefinition(name: "burn", summary: "test", argumentsSchema: JSON(text: "{}"), isForOperators: true)
      ], on: connection)
    try await connection.script(
      """
      CREATE ROLE \(role) LOGIN;
      GRANT USAGE ON SCHEMA twinmill TO \(role);
      GRANT EXECUTE ON FUNCTION twinmill.enqueue, twinmill.enqueue_many TO \(role);
      """)
    var settings = database.settings
    settings.url = database.url.replacing("postgres://\(database.server.user)@", with: "postgres://\(role)@")
    let enqueuer = try await Connection.open(settings)
    let error = await #expect(throws: PostgresError.self) {
      try await enqueuer.query("SELECT twinmill.enqueue('burn')")
    }
    #expect(error?.sqlstate == "42501")
    #expect(error?.message == "kind 'burn' is for operators, and role \(role) is none")
    #expect(error?.hint?.contains("GRANT EXECUTE ON FUNCTION twinmill.may_probe() TO \(role);") == true)
    let outcomes = try await enqueuer.value(
      """
      SELECT string_agg(outcome, ',' ORDER BY number)
      FROM twinmill.enqueue_many('[{"kind": "burn"}, {"kind": "probe"}]')
      """, as: String.self)
    #expect(outcomes == "refused,inserted")
    try await connection.script("GRANT EXECUTE ON FUNCTION twinmill.may_probe() TO \(role)")
    let granted = try await enqueuer.value("SELECT outcome FROM twinmill.enqueue('burn')", as: String.self)
    #expect(granted == "inserted")
    await enqueuer.close()
    try await connection.script("DROP OWNED BY \(role); DROP ROLE \(role)")
  }

  @Test("D7: a wait without a limit waits a day at most, sleeps, and ends with its client")
  func wait() async throws {
    try await connection.enqueueProbes(1)
    let (sqlstate, message, _) = try await refusal("SELECT twinmill.wait(1, '2 days')")
    #expect(sqlstate == "22023" && message == "timeout must be at most 1 day, not 2 days")
    let child = try await ChildProcess.start(
      ["psql", "-X", "-q", "-d", database.url, "-c", "SELECT twinmill.wait(1, NULL)"],
      environment: ["PGAPPNAME": "waiter"])
    // It sleeps between its looks: pauses of a tenth of a second and more show in nearly every look at it.
    let waiting: SQL = """
      SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'waiter' AND wait_event = 'PgSleep'
      """
    try await connection.until(waiting)
    child.signal(9)
    _ = await child.wait()
    try await connection.until(
      "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'waiter')")
  }

  @Test("D7: a wait without a limit tells the end of the job")
  func waitTells() async throws {
    try await connection.enqueueProbes(1)
    let other = try await database.connect()
    async let state = other.value("SELECT twinmill.wait(1, NULL)", as: String.self)
    try await connection.until(
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")
    try await connection.script("SELECT twinmill.cancel(1)")
    #expect(try await state == "cancelled")
    await other.close()
  }

  @Test("W5: another job that got the same id is found out by the instant of its enqueue")
  func stranger() async throws {
    let answer = try await connection.query(
      "SELECT job_id, twinmill.enqueued_at(job_id)::text FROM twinmill.enqueue('probe')")
    let (job, mine) = try answer.only().decode(JobID.self, String.self)
    // A failover has lost the commit, and the id is given again.
    try await connection.script(
      """
      DELETE FROM twinmill.live_jobs;
      ALTER TABLE twinmill.live_jobs ALTER COLUMN job_id RESTART WITH \(job);
      SELECT twinmill.enqueue('probe');
      """)
    let calls = [
      "twinmill.wait(\(job), '0', '\(mine)')", "twinmill.cancel(\(job), '\(mine)')",
      "twinmill.retry(\(job), '\(mine)')",
    ]
    for call in calls {
      let (sqlstate, message, hint) = try await refusal("SELECT \(call)")
      #expect(sqlstate == "P0002", "\(call): \(message)")
      #expect(message.hasPrefix("job \(job) is another job: it was enqueued at "))
      #expect(hint.contains("failover"))
    }
    let theirs = try await text("SELECT twinmill.enqueued_at(\(job))::text")
    #expect(theirs != mine)
    #expect(try await text("SELECT twinmill.cancel(\(job), '\(theirs)')") == "cancelled")
    #expect(try await refusal("SELECT twinmill.wait(\(job), '0', '\(mine)')").sqlstate == "P0002")
    #expect(try await text("SELECT twinmill.wait(\(job), '0', '\(theirs)')") == "cancelled")
    #expect(try await text("SELECT outcome FROM twinmill.retry(\(job), '\(theirs)')") == "inserted")
  }
}

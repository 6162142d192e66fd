import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Dependencies", .dropsDatabases)
struct DependencyTests {
  private func database() async throws -> (TestDatabase, Connection, QueueWorker) {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    return (database, connection, try await QueueWorker.registered(on: connection))
  }

  private func states(_ connection: Connection) async throws -> [String] {
    let rows = try await connection.query("SELECT state FROM twinmill.all_jobs ORDER BY job_id")
    return try rows.map { try $0.decode(String.self) }
  }

  @Test("a job waits for all it depends on, and is ready in the transaction that ends the last of them")
  func waitsForAll() async throws {
    let (_, connection, queue) = try await database()
    try await connection.enqueueProbes(2)
    try await connection.script("SELECT twinmill.enqueue('probe', depends_on => '{1,2}')")
    let first = try await queue.claim(limit: 1, on: connection)
    let second = try await queue.claim(limit: 1, on: connection)
    #expect(try await queue.claim(on: connection).jobs.isEmpty)
    _ = try await queue.end(first.jobs, .completed, token: first.token, on: connection)
    #expect(try await states(connection) == ["completed", "running", "blocked"])
    _ = try await queue.end(second.jobs, .unchanged, token: second.token, on: connection)
    #expect(try await queue.claim(on: connection).jobs.map(\.id) == [3])
  }

  @Test("what a job depends on is locked in the order in which jobs are ended, whatever the caller's order")
  func lockedInOrder() async throws {
    let (_, connection, _) = try await database()
    try await connection.enqueueProbes(3)
    try await connection.script("SELECT twinmill.enqueue('probe', depends_on => '{3,1,2}')")
    // The triggers of the commit go by the rows' order.
    let edges: SQL = "SELECT array_agg(depends_on ORDER BY ctid) FROM twinmill.dependencies"
    let order = try await connection.query(edges).only().decode([JobID].self)
    #expect(order == [1, 2, 3])
  }

  @Test("a retry, a snooze or a requeued job releases no dependent")
  func notFinal() async throws {
    let (_, connection, queue) = try await database()
    try await connection.enqueueProbes(1)
    try await connection.script("SELECT twinmill.enqueue('probe', depends_on => '{1}')")
    for outcome in [JobQueue.Outcome.requeued, .retry(after: .zero, message: "")] {
      let claim = try await queue.claim(on: connection)
      #expect(try await queue.end(claim.jobs, outcome, token: claim.token, on: connection) == [1])
      #expect(try await states(connection)[1] == "blocked")
    }
  }

  @Test("a discarded job discards what depends on it, all the way down, but not what runs all the same")
  func discards() async throws {
    let (_, connection, queue) = try await database()
    try await connection.enqueueProbes(1)
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', depends_on => '{1}');
      SELECT twinmill.enqueue('probe', depends_on => '{2}');
      SELECT twinmill.enqueue('probe', depends_on => '{1,3}', on_discard => '{run}');
      """)
    let claim = try await queue.claim(on: connection)
    _ = try await queue.end(claim.jobs, .discarded(message: "no"), token: claim.token, on: connection)
    #expect(try await states(connection) == ["discarded", "discarded", "discarded", "ready"])
    let causes = try await connection.query(
      "SELECT errors -> -1 ->> 'message' FROM twinmill.job_history WHERE job_id IN (2, 3) ORDER BY job_id")
    let messages: [String] = try causes.map { try $0.decode(String.self) }
    #expect(
      messages
        == ["job 1, which it depends on, was not completed", "job 2, which it depends on, was not completed"])
    #expect(try await connection.value("SELECT count(*) FROM twinmill.dependencies") == Int64(0))
  }

  @Test("cancelling, crashing for the third time and missing a deadline let dependents go as well")
  func otherEnds() async throws {
    let (_, connection, queue) = try await database()
    try await connection.enqueueProbes(3)
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', depends_on => ARRAY[n], on_discard => '{run}') FROM generate_series(1, 3) AS n;
      SELECT twinmill.cancel(1);
      UPDATE twinmill.live_jobs SET deadline = now() WHERE job_id = 2;
      """)
    #expect(try await JobQueue.maintainWaiting(on: connection).map(\.action) == ["deadline passed"])
    let claim = try await queue.claim(limit: 1, on: connection)
    #expect(claim.jobs.map(\.id) == [3] || claim.jobs.map(\.id) == [4])
    try await connection.script("UPDATE twinmill.live_jobs SET crashes = 2")
    try await queue.remove(on: connection)
    _ = try await JobQueue.rescue([], on: connection)
    let ended = try await connection.value("SELECT count(*) FROM twinmill.job_history", as: Int64.self)
    #expect(ended == 3)
    #expect(try await connection.value("SELECT count(*) FROM twinmill.dependencies") == Int64(ended == 3 ? 0 : 1))
  }

  @Test("a job that ends between the enqueue of its dependent and its commit lets it go at that commit")
  func settlesAtCommit() async throws {
    let (database, connection, queue) = try await database()
    try await connection.enqueueProbes(1)
    let slow = try await database.connect()
    try await slow.script("BEGIN; SELECT twinmill.enqueue('probe', depends_on => '{1}')")
    let claim = try await queue.claim(on: connection)
    // Nobody waits for the open transaction.
    #expect(try await queue.end(claim.jobs, .completed, token: claim.token, on: connection) == [1])
    try await slow.script("COMMIT")
    #expect(try await states(connection) == ["completed", "ready"])
  }

  @Test("a dependent for later is scheduled when it is let go")
  func scheduled() async throws {
    let (_, connection, queue) = try await database()
    try await connection.enqueueProbes(1)
    try await connection.script(
      "SELECT twinmill.enqueue('probe', depends_on => '{1}', run_at => now() + interval '1 hour')")
    let claim = try await queue.claim(on: connection)
    _ = try await queue.end(claim.jobs, .completed, token: claim.token, on: connection)
    #expect(try await states(connection) == ["completed", "scheduled"])
  }
}

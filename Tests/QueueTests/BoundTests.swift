import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

/// Values at the edge of what the types hold, numbers beyond what is usual, clocks that go back.
@Suite("Bounds", .dropsDatabases)
struct BoundTests {
  private func database() async throws -> (Connection, QueueWorker) {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    return (connection, try await QueueWorker.registered(on: connection))
  }

  @Test("a job that is never due, or has been due since the calendar began, stops nobody from looking")
  func infinite() async throws {
    let (connection, queue) = try await database()
    // Nothing accepts infinity; it is written past the functions.
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', run_at => '294276-12-31');
      UPDATE twinmill.live_jobs SET run_at = 'infinity';
      """)
    #expect(try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: ["probe"], on: connection).nextDue == nil)
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', run_at => '4713-01-01 BC', priority => 9, deadline => 'infinity');
      SELECT twinmill.enqueue('probe', run_at => '4714-11-24 BC', priority => -32768);
      SELECT twinmill.enqueue('probe', run_at => '294276-12-31');
      """)
    #expect(try await queue.claim(on: connection).jobs.map(\.id) == [3, 2])
    #expect(try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: ["probe"], on: connection).nextDue != nil)
  }

  @Test("a price of priority beyond the calendar is a price, not an error for every lane")
  func ageing() async throws {
    let (connection, queue) = try await database()
    try await connection.script("SELECT twinmill.limit_queue('default', ageing => '1000 years')")
    try await connection.enqueueProbes(1, priority: 32767)
    try await connection.enqueueProbes(1, priority: 0)
    #expect(try await queue.claim(on: connection).jobs.map(\.id) == [2, 1])
  }

  @Test("a clock that goes back closes no queue that has a rate")
  func rate() async throws {
    let (connection, queue) = try await database()
    try await connection.enqueueProbes(3)
    try await connection.script(
      """
      SELECT twinmill.limit_queue('default', rate => 2);
      UPDATE twinmill.queue_settings SET rate_left = 0, rate_left_at = now() + interval '1 hour';
      """)
    let ranges = try await queue.ranges(on: connection)
    let claim = try await queue.claimLimited(queue: "default", ranges, token: UUID(), on: connection)
    #expect(claim?.jobs.count == 2)
  }

  @Test("a clock that goes back does not keep the jobs of the dead")
  func rescue() async throws {
    let (connection, queue) = try await database()
    try await connection.enqueueProbes(1)
    _ = try await queue.claim(on: connection)
    try await connection.script(
      """
      UPDATE twinmill.workers SET renewed_at = now() + interval '1 hour', lease_until = now() + interval '2 hours',
        lock_key = NULL;
      """)
    let rescuer = try await QueueWorker.registered(on: connection)
    #expect(
      try await JobQueue.rescue(try await rescuer.heartbeatsOfOthers(on: connection), on: connection).map(\.job) == [1])
  }

  @Test("running jobs beyond their deadline do not hide those that wait")
  func deadlines() async throws {
    let (connection, queue) = try await database()
    try await connection.enqueueProbes(1001)
    #expect(try await queue.claim(limit: 1000, on: connection).jobs.count == 1000)
    try await connection.script("UPDATE twinmill.live_jobs SET deadline = now() - (1002 - job_id) * interval '1 s'")
    #expect(try await JobQueue.maintainWaiting(on: connection).map(\.jobs) == [1])
    #expect(try await connection.value("SELECT job_id FROM twinmill.job_history") == Int64(1001))
  }

  @Test("a thousand full keys do not hide one that has room")
  func keys() async throws {
    let (connection, queue) = try await database()
    try await connection.script(
      """
      SELECT twinmill.limit_queue('default', running_per_key => 1);
      SELECT twinmill.enqueue_all(ARRAY(
        SELECT twinmill.request('probe', concurrency_key => to_char(n, 'FM0000')) FROM generate_series(1, 1000) AS n));
      SELECT twinmill.enqueue_all(ARRAY(
        SELECT twinmill.request('probe', concurrency_key => to_char(n, 'FM0000')) FROM generate_series(1, 1001) AS n));
      """)
    let ranges = try await queue.ranges(limit: 1000, on: connection)
    let claim = try await queue.claimLimited(queue: "default", ranges, token: UUID(), on: connection)
    #expect(claim?.jobs.count == 1000)
    // As set aside, key 1001 by a claim that counted while its last job ended.
    try await connection.script(
      "UPDATE twinmill.live_jobs SET state = 'blocked' WHERE job_id > 1000")
    #expect(try await JobQueue.maintainWaiting(on: connection).isEmpty)
    #expect(try await JobQueue.maintainWaiting(on: connection).map(\.jobs) == [1])
    let ready: SQL = "SELECT concurrency_key FROM twinmill.jobs WHERE state = 'ready'"
    #expect(try await connection.value(ready, as: String.self) == "1001")
  }

  /// By pairs, this would take minutes.
  @Test("thirty thousand jobs that depend on one, and a chain of three thousand, end with it")
  func graphs() async throws {
    let (connection, _) = try await database()
    try await connection.script(
      """
      SET statement_timeout = '20s';
      SELECT twinmill.enqueue('probe');
      SELECT count(*) FROM twinmill.enqueue_all(
        ARRAY(SELECT twinmill.request('probe', queue => 'waiting') FROM generate_series(1, 33000)));
      UPDATE twinmill.live_jobs SET state = 'blocked', waits_for = 1 WHERE job_id > 1;
      -- Edges as enqueue makes them, but for the look at each when it commits.
      ALTER TABLE twinmill.dependencies DISABLE TRIGGER settle;
      INSERT INTO twinmill.dependencies SELECT 1, n, 'run' FROM generate_series(2, 30001) AS n;
      INSERT INTO twinmill.dependencies SELECT 1, 30002, 'discard';
      INSERT INTO twinmill.dependencies SELECT n - 1, n, 'discard' FROM generate_series(30003, 33001) AS n;
      SELECT twinmill.cancel(1);
      """)
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs WHERE state = 'ready'") == Int64(30000))
    #expect(try await connection.value("SELECT count(*) FROM twinmill.job_history") == Int64(3001))
    let causes = try await connection.query(
      "SELECT errors -> -1 ->> 'message' FROM twinmill.job_history WHERE job_id IN (30002, 33001) ORDER BY job_id")
    let messages: [String] = try causes.map { try $0.decode(String.self) }
    #expect(messages == [1, 33000].map { "job \($0), which it depends on, was not completed" })
    #expect(try await connection.value("SELECT count(*) FROM twinmill.dependencies") == Int64(0))
  }

  @Test("a progress that is no number, or holds what a text cannot, is stored as far as it can be")
  func progress() async throws {
    let (connection, queue) = try await database()
    try await connection.enqueueProbes(1)
    let job = try await queue.claim(on: connection).jobs[0]
    let message = "a\0b" + String(repeating: "x", count: 5000)
    try await queue.report([(job, JobQueue.Progress(percent: .nan, message: message))], on: connection)
    let row = try await connection.query("SELECT percent, message FROM twinmill.jobs").only()
    let (percent, stored) = try row.decode(Float?.self, String.self)
    #expect(percent == nil && stored.hasPrefix("a\u{FFFD}b") && stored.count == 4000)
  }

  @Test("tenants that used nothing of late and weigh as much as everybody are forgotten")
  func tenants() async throws {
    let (connection, _) = try await database()
    _ = try await JobQueue.share(["old": 1, "weighed": 1, "new": 1], on: connection)
    try await connection.script(
      """
      SELECT twinmill.weigh_tenant('weighed', 2);
      UPDATE twinmill.tenants SET seconds_at = now() - interval '2 hours' WHERE tenant <> 'new';
      """)
    _ = try await JobQueue.maintainHistory(retention: .seconds(30 * 86_400), on: connection)
    let left: SQL = "SELECT string_agg(tenant, ' ' ORDER BY tenant) FROM twinmill.tenants"
    #expect(try await connection.value(left) == "new weighed")
  }
}

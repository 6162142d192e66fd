import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Limits, pause and order", .dropsDatabases)
struct LimitTests {
  private func database() async throws -> (TestDatabase, Connection, QueueWorker) {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    return (database, connection, try await QueueWorker.registered(on: connection))
  }

  /// A claim from the queue `default` as one that has limits.
  private func claim(
    _ queue: QueueWorker, limit: Int = 100, on connection: Connection
  ) async throws -> JobQueue.Claim? {
    let ranges = try await queue.ranges(limit: limit, on: connection)
    return try await queue.claimLimited(queue: "default", ranges, token: UUID(), on: connection)
  }

  @Test("a queue's limit counts what all workers run, and a dead worker's jobs no longer once they are rescued")
  func running() async throws {
    let (_, connection, queue) = try await database()
    let other = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(10)
    try await connection.script("SELECT twinmill.limit_queue('default', running => 3)")
    let first = try #require(try await claim(queue, limit: 2, on: connection))
    #expect(first.jobs.map(\.id) == [1, 2])
    #expect(try await claim(other, on: connection)?.jobs.map(\.id) == [3])
    #expect(try await claim(queue, on: connection)?.jobs.isEmpty == true)
    #expect(try await queue.end([first.jobs[0]], .completed, token: first.token, on: connection) == [1])
    #expect(try await claim(queue, on: connection)?.jobs.map(\.id) == [4])
    try await other.remove(on: connection)
    #expect(try await JobQueue.rescue([], on: connection).map(\.job) == [3])
    #expect(try await claim(queue, on: connection)?.jobs.map(\.id) == [3])
  }

  @Test("claims that go on side by side never exceed the limit")
  func sideBySide() async throws {
    let (database, connection, _) = try await database()
    try await connection.enqueueProbes(60)
    try await connection.script("SELECT twinmill.limit_queue('default', running => 5)")
    let most = try await withThrowingTaskGroup(of: Int64.self) { group in
      for _ in 0..<4 {
        group.addTask {
          let connection = try await database.connect()
          let queue = try await QueueWorker.registered(on: connection)
          var most: Int64 = 0
          while try await connection.value("SELECT count(*) FROM twinmill.live_jobs") > Int64(0) {
            guard let claim = try await claim(queue, limit: 3, on: connection), !claim.jobs.isEmpty else { continue }
            let running: SQL = "SELECT sum(cardinality(job_ids))::bigint FROM twinmill.claims"
            most = max(most, try await connection.value(running))
            _ = try await queue.end(claim.jobs, .completed, token: claim.token, on: connection)
          }
          return most
        }
      }
      return try await group.reduce(0) { max($0, $1) }
    }
    #expect(most > 0 && most <= 5)
  }

  @Test("jobs of a full key step aside for others, and come back in order when it has room")
  func perKey() async throws {
    let (_, connection, queue) = try await database()
    try await connection.script(
      """
      SELECT twinmill.limit_queue('default', running_per_key => 1);
      SELECT twinmill.enqueue('probe', concurrency_key => 'a') FROM generate_series(1, 3);
      SELECT twinmill.enqueue('probe', concurrency_key => 'b');
      SELECT twinmill.enqueue('probe');
      """)
    let first = try #require(try await claim(queue, on: connection))
    #expect(first.jobs.map(\.id) == [1, 4, 5])
    #expect(first.throttled == 2)
    #expect(try await claim(queue, on: connection)?.jobs.isEmpty == true)
    #expect(try await connection.value("SELECT blocked FROM twinmill.queues") == Int64(2))
    // The key is free again after every outcome.
    let retry = JobQueue.Outcome.retry(after: .seconds(100), message: "")
    _ = try await queue.end([first.jobs[0]], retry, token: first.token, on: connection)
    let second = try #require(try await claim(queue, on: connection))
    #expect(second.jobs.map(\.id) == [2])
    _ = try await queue.end(second.jobs, .completed, token: second.token, on: connection)
    #expect(try await claim(queue, on: connection)?.jobs.map(\.id) == [3])
  }

  @Test("jobs that wait for their key are found by the upkeep when the limit is raised")
  func raised() async throws {
    let (_, connection, queue) = try await database()
    try await connection.script(
      """
      SELECT twinmill.limit_queue('default', running_per_key => 1);
      SELECT twinmill.enqueue('probe', concurrency_key => 'a') FROM generate_series(1, 4);
      """)
    #expect(try await claim(queue, on: connection)?.jobs.map(\.id) == [1])
    #expect(try await JobQueue.maintainWaiting(on: connection).isEmpty)
    try await connection.script("SELECT twinmill.limit_queue('default', running_per_key => 3)")
    #expect(try await JobQueue.maintainWaiting(on: connection).map(\.jobs) == [2])
    #expect(try await claim(queue, on: connection)?.jobs.map(\.id) == [2, 3])
  }

  @Test("a rate gives a burst and then as many as time has earned")
  func rate() async throws {
    let (_, connection, queue) = try await database()
    try await connection.enqueueProbes(30)
    try await connection.script("SELECT twinmill.limit_queue('default', rate => 10, per => '1 hour')")
    #expect(try await claim(queue, limit: 7, on: connection)?.jobs.count == 7)
    #expect(try await claim(queue, on: connection)?.jobs.count == 3)
    #expect(try await claim(queue, on: connection)?.jobs.isEmpty == true)
    let passes: SQL = "UPDATE twinmill.queue_settings SET rate_left_at = rate_left_at - interval '24 minutes'"
    _ = try await connection.query(passes)
    #expect(try await claim(queue, on: connection)?.jobs.count == 4)
    // More than the burst is never saved up.
    for _ in 0..<10 { _ = try await connection.query(passes) }
    #expect(try await claim(queue, on: connection)?.jobs.count == 10)
  }

  @Test("a claim that does not look at limits takes nothing from a queue that has them, or is paused")
  func neverUncounted() async throws {
    let (_, connection, queue) = try await database()
    try await connection.enqueueProbes(2)
    try await connection.script("SELECT twinmill.pause('default')")
    #expect(try await queue.claim(on: connection).jobs.isEmpty)
    try await connection.script(
      "SELECT twinmill.resume('default'); SELECT twinmill.limit_queue('default', running => 1)")
    #expect(try await queue.claim(on: connection).jobs.isEmpty)
    #expect(
      try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: ["probe"], on: connection).lanes.allSatisfy(
        \.isLimited))
    try await connection.script("SELECT twinmill.limit_queue('default')")
    #expect(try await queue.claim(on: connection).jobs.count == 2)
  }

  @Test("a job is overtaken only by jobs due less than ageing times the difference in priority after it")
  func ageing() async throws {
    let (_, connection, queue) = try await database()
    try await connection.script("SELECT twinmill.limit_queue('default', ageing => '10 seconds')")
    // Job 1, priority 3, is due at 0 s; jobs 2 … 9, priority 0, at 0, 10, … 70 s.
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', priority => 3, run_at => now() - interval '1 hour');
      SELECT twinmill.enqueue('probe', run_at => now() - interval '1 hour' + n * interval '10 s' + interval '1 ms')
      FROM generate_series(0, 7) AS n;
      """)
    let ranges = try await queue.ranges(limit: 1, on: connection)
    var order: [JobID] = []
    for _ in 0..<9 { order += try await queue.claimUnlimited(ranges, token: UUID(), on: connection).jobs.map(\.id) }
    #expect(order == [2, 3, 4, 1, 5, 6, 7, 8, 9])
  }

  @Test("a lower rank comes first, whoever waits longer")
  func rank() async throws {
    let (_, connection, queue) = try await database()
    try await connection.script(
      "SELECT twinmill.enqueue('probe', tenant => 'big'); SELECT twinmill.enqueue('probe', tenant => 'small')")
    let ranges = try await JobQueue.promoteDueAndReadLanes(
      queues: nil, kinds: ["probe"], on: connection
    ).lanes.map { lane in
      ClaimRange(lane: lane, order: .fresh, cursor: 0, limit: 9, rank: lane.tenant == "big" ? 1 : 0)
    }
    let claim = try await queue.claimUnlimited(ranges, token: UUID(), on: connection)
    #expect(claim.jobs.map(\.tenant) == ["small", "big"])
  }

  @Test(
    "settings that cannot be are refused",
    arguments: [
      ("limit_queue('default', running => -1)", "running must be at least 0, not -1"),
      ("limit_queue('default', running_per_key => 0)", "running_per_key must be at least 1, not 0"),
      ("limit_queue('default', rate => 0)", "rate must be at least 1, not 0"),
      ("limit_queue('default', rate => 1, per => '0 s')", "per must be positive, not 00:00:00"),
      ("limit_queue('a b')", "bad queue name 'a b'"), ("pause(NULL)", "bad queue name NULL"),
      ("weigh_tenant('x', 0)", "weight must be above 0, not 0"),
    ])
  func refused(_ call: String, _ message: String) async throws {
    let (_, connection, _) = try await database()
    let error = await #expect(throws: PostgresError.self) { try await connection.script("SELECT twinmill.\(call)") }
    #expect(error?.message == message && error?.sqlstate == "22023" && error?.hint != nil)
  }
}

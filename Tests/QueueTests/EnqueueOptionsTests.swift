import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Enqueue: dependencies and debounce")
struct EnqueueOptionsTests {
  @Test("a job waits for those that have not finished, once each, and runs when they are completed")
  func dependencies() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueProbes(3)
    try await connection.script("SELECT twinmill.archive('{1}', 'completed', 'test', 'test')")
    let job: Int64 = try await connection.value(
      "SELECT job_id FROM twinmill.enqueue('probe', depends_on => '{2, 1, 3, 2}', on_discard => '{run,discard,run,run}')"
    )
    #expect(try await connection.value("SELECT state::text FROM twinmill.jobs WHERE job_id = \(job)") == "blocked")
    let edges = try await connection.query("SELECT depends_on, on_discard FROM twinmill.dependencies ORDER BY 1")
      .map { try $0.decode(Int64.self, String.self) }
    #expect(edges.map(\.0) == [2, 3] && edges.map(\.1) == ["run", "run"])
    for (ended, state) in [(Int64(2), "blocked"), (Int64(3), "ready")] {
      try await connection.script(
        "SELECT twinmill.archive('{\(ended)}', 'completed', '', ''); SELECT twinmill.resolve_dependents('{\(ended)}')")
      #expect(try await connection.value("SELECT state::text FROM twinmill.jobs WHERE job_id = \(job)") == state)
    }
  }

  @Test("a job is not lost when what it waits for ends before its own enqueue commits")
  func dependencyRace() async throws {
    let database = try await QueueDatabase.create()
    let enqueuing = try await database.connect()
    let ending = try await database.connect()
    try await ending.enqueueProbes(1)
    try await enqueuing.script("BEGIN; SELECT twinmill.enqueue('probe', depends_on => '{1}')")
    try await ending.script("SELECT twinmill.cancel(1)")
    try await enqueuing.script("COMMIT")
    // Cancelled, and on_discard is discard: it follows.
    #expect(try await ending.value("SELECT count(*) FROM twinmill.live_jobs") == Int64(0))
    #expect(try await ending.value("SELECT state::text FROM twinmill.job_history WHERE job_id = 2") == "discarded")
  }

  @Test("a discarded dependency refuses the job, unless it runs all the same; an unknown one always does")
  func brokenDependencies() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueProbes(1)
    try await connection.script("SELECT twinmill.cancel(1)")
    let calls: [(String, String, String)] = [
      ("depends_on => '{1}'", "55000", "job 1, to depend on, is cancelled"),
      ("depends_on => '{77}', on_discard => '{run}'", "P0002", "no job 77 to depend on"),
      ("depends_on => '{1}', on_discard => '{maybe}'", "22023", "on_discard must be discard or run, not 'maybe'"),
      ("depends_on => '{1}', on_discard => '{run,run}'", "22023", "on_discard has 2 entries for 1 dependencies"),
      ("deadline => '2001-01-01'", "22023", "deadline 2001-01-01 00:00:00+00 is not after now"),
      ("if_waiting => 'replace'", "22023", "if_waiting => 'replace' needs a unique_key"),
      ("if_waiting => 'drop'", "22023", "if_waiting must be keep or replace, not 'drop'"),
      ("tenant => repeat('x', 201)", "22023", "tenant must have at most 200 characters, not 201"),
      ("concurrency_key => ''", "22023", "concurrency_key must have 1 to 200 characters, not 0"),
    ]
    for (call, state, message) in calls {
      let result = try await database.psql("SET timezone = 'UTC'; SELECT twinmill.enqueue('probe', \(call));")
      #expect(result.status != 0 && result.err.contains("\(state): \(message)"), "\(call): \(result.err)")
    }
    #expect(try await connection.value("SELECT count(*) FROM twinmill.live_jobs") == Int64(0))
    try await connection.script("SELECT twinmill.enqueue('probe', depends_on => '{1}', on_discard => '{run}')")
    #expect(try await connection.value("SELECT state::text FROM twinmill.jobs") == "ready")
  }

  @Test("a waiting job with the key takes the new arguments and time, and keeps its id")
  func replaces() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    let first: Int64 = try await connection.value(
      "SELECT job_id FROM twinmill.enqueue('probe', unique_key => 'k', run_at => now() + interval '1 hour')")
    let again = try await connection.query(
      """
      SELECT job_id, outcome FROM twinmill.enqueue('probe', unique_key => 'k', if_waiting => 'replace',
        arguments => '{"count": 2}', priority => 7, tenant => 't', max_attempts => 2)
      """
    ).only().decode(Int64.self, String.self)
    #expect(again == (first, "replaced"))
    let kept = try await connection.query(
      "SELECT state::text, arguments ->> 'count', priority, tenant, max_attempts, run_at > now() FROM twinmill.jobs"
    ).only().decode(String.self, String.self, Int16.self, String.self, Int16.self, Bool.self)
    #expect(kept.0 == "scheduled" && kept.1 == "2" && kept.2 == 7 && kept.3 == "t" && kept.4 == 2 && kept.5)

    // Now: ready, at a new place, since the old one may be behind a claim cursor.
    try await connection.script(
      "SELECT twinmill.enqueue('probe', unique_key => 'k', if_waiting => 'replace', run_at => now())")
    #expect(
      try await connection.value("SELECT state = 'ready' AND requeue_seq IS NOT NULL FROM twinmill.live_jobs") == true)
    // Later again.
    try await connection.script(
      "SELECT twinmill.enqueue('probe', unique_key => 'k', if_waiting => 'replace', run_at => now() + interval '1 hour')"
    )
    #expect(
      try await connection.value("SELECT state = 'scheduled' AND requeue_seq IS NULL FROM twinmill.live_jobs") == true)
  }

  @Test("a running job is not replaced, and its end does not wait for whoever tried")
  func runningIsMerged() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    try await connection.script("SELECT twinmill.enqueue('probe', unique_key => 'k')")
    let queue = try await QueueWorker.registered(on: connection)
    let claim = try await queue.claim(on: connection)
    #expect(claim.jobs.count == 1)
    let asking = try await database.connect()
    try await asking.script("BEGIN")
    let outcome: String = try await asking.value(
      "SELECT outcome FROM twinmill.enqueue('probe', unique_key => 'k', if_waiting => 'replace', arguments => '{\"count\": 2}')"
    )
    #expect(outcome == "merged")
    // It would wait for ever, and the test with it, if the asking transaction held the job's row.
    let ended = try await queue.end(claim.jobs, .completed, token: claim.token, on: connection)
    #expect(ended.count == 1)
    try await asking.script("COMMIT")
    #expect(try await connection.value("SELECT arguments = '{}' FROM twinmill.job_history") == true)
  }

  @Test("a job that was claimed while a replacement waited for its row is merged")
  func claimedMeanwhile() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    try await connection.script("SELECT twinmill.enqueue('probe', unique_key => 'k')")
    let claiming = try await database.connect()
    try await claiming.script(
      """
      BEGIN; SELECT FROM twinmill.live_jobs WHERE job_id = 1 FOR UPDATE;
      INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids)
      SELECT gen_random_uuid(), gen_random_uuid(), lane, false, 1, '{1}' FROM twinmill.live_jobs
      """)
    async let outcome: String = Self.replace(on: database)
    try await connection.until(
      "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())")
    try await claiming.script("COMMIT")
    #expect(try await outcome == "merged")
  }

  private static func replace(on database: TestDatabase) async throws -> String {
    try await database.connect().value(
      "SELECT outcome FROM twinmill.enqueue('probe', unique_key => 'k', if_waiting => 'replace')")
  }
}

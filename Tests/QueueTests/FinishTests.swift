import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Finish", .dropsDatabases)
struct FinishTests {
  private func claimed(_ count: Int) async throws -> (TestDatabase, Connection, QueueWorker, JobQueue.Claim) {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(count)
    return (database, connection, queue, try await queue.claim(on: connection))
  }

  @Test("completed, discarded and cancelled jobs move to history with their times and errors")
  func finalOutcomes() async throws {
    let (_, connection, queue, claim) = try await claimed(4)
    let outcomes: [JobQueue.Outcome] = [
      .completed, .unchanged, .discarded(message: "broken\0"), .cancelled(message: "no"),
    ]
    let endings = zip(claim.jobs, outcomes).map { JobQueue.Ending(job: $0, outcome: $1, startedAt: $0.claimedAt) }
    let accepted = try await queue.finish(endings, token: claim.token, idleLimit: .seconds(9)).run(on: connection)
    #expect(accepted == [1, 2, 3, 4])
    let rows = try await connection.query(
      """
      SELECT state::text, result, errors -> 0 ->> 'message',
             enqueued_at <= claimed_at AND claimed_at <= started_at AND started_at <= finished_at AND attempt = 1
      FROM twinmill.job_history ORDER BY job_id
      """)
    let history = try rows.map { try $0.decode(String.self, String?.self, String?.self, Bool.self) }
    #expect(history[0] == ("completed", "stored", nil, true))
    #expect(history[1] == ("completed", "unchanged", nil, true))
    #expect(history[2] == ("discarded", nil, "broken\u{FFFD}", true))
    #expect(history[3] == ("cancelled", nil, "no", true))
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs") == Int64(0))
  }

  @Test("a retry waits and keeps its attempt; a snooze waits and a handed-back job does not, neither uses one")
  func returnedOutcomes() async throws {
    let (_, connection, queue, claim) = try await claimed(3)
    let outcomes: [JobQueue.Outcome] = [
      .retry(after: .seconds(100), message: "later"), .snooze(.seconds(50)), .requeued,
    ]
    let endings = zip(claim.jobs, outcomes).map { JobQueue.Ending(job: $0, outcome: $1, startedAt: $0.claimedAt) }
    _ = try await queue.finish(endings, token: claim.token, idleLimit: .seconds(9)).run(on: connection)
    let rows = try await connection.query(
      """
      SELECT state::text, attempt::integer, round(extract(epoch FROM run_at - now()) / 10)::integer, claimed_by IS NULL,
             errors -> 0 ->> 'message'
      FROM twinmill.jobs ORDER BY job_id
      """)
    let jobs = try rows.map { try $0.decode(String.self, Int32.self, Int32.self, Bool.self, String?.self) }
    #expect(jobs[0] == ("scheduled", 1, 10, true, "later"))
    #expect(jobs[1] == ("scheduled", 0, 5, true, nil))
    #expect(jobs[2] == ("ready", 0, 0, true, nil))
  }

  @Test("what a kind stores behind the end of its jobs is planned as anything else, only without JIT")
  func givesThePlannerBack() async throws {
    let (_, connection, queue, claim) = try await claimed(1)
    let settings: SQL = """
      SELECT array_agg(name || '=' || setting ORDER BY name) FROM pg_settings
      WHERE (name LIKE 'enable%' OR name LIKE 'plan%' OR name LIKE 'jit%') AND name <> 'jit'
      """
    try await connection.script("BEGIN")
    let before = try await connection.query(settings).only().decode([String].self)
    let ending = JobQueue.Ending(job: claim.jobs[0], outcome: .completed, startedAt: claim.jobs[0].claimedAt)
    _ = try await queue.finish([ending], token: claim.token, idleLimit: .seconds(9)).run(on: connection)
    let after = try await connection.query(settings).only().decode([String].self)
    #expect(before.count > 20 && after == before)
    try await connection.script("ROLLBACK")
  }

  @Test("a stale attempt cannot finish its job")
  func staleAttempt() async throws {
    let (database, connection, queue, stale) = try await claimed(1)
    // Everything about the claim is the same but the attempt: rescued and claimed again.
    _ = try await connection.query(
      "UPDATE twinmill.live_jobs SET attempt = 2 WHERE job_id = 1")
    #expect(try await queue.end(stale.jobs, .completed, token: stale.token, on: connection).isEmpty)
    let live = try await connection.value("SELECT count(*) FROM twinmill.jobs", as: Int64.self)
    #expect(live == 1)
    _ = database
  }

  @Test("an attempt number issued twice after lost commits is told apart by the claim's token")
  func sameAttemptOtherToken() async throws {
    let (_, connection, queue, stale) = try await claimed(1)
    _ = try await connection.query("UPDATE twinmill.claims SET token = gen_random_uuid()")
    for outcome in [JobQueue.Outcome.completed, .retry(after: .zero, message: ""), .requeued] {
      #expect(try await queue.end(stale.jobs, outcome, token: stale.token, on: connection).isEmpty)
    }
  }

  @Test("another worker cannot finish a job, whatever it knows")
  func otherWorker() async throws {
    let (_, connection, _, claim) = try await claimed(1)
    let other = try await QueueWorker.registered(on: connection)
    #expect(try await other.end(claim.jobs, .completed, token: claim.token, on: connection).isEmpty)
  }

  @Test("a finished job cannot be finished again")
  func twice() async throws {
    let (_, connection, queue, claim) = try await claimed(2)
    #expect(try await queue.end(claim.jobs, .completed, token: claim.token, on: connection).count == 2)
    #expect(try await queue.end(claim.jobs, .discarded(message: "x"), token: claim.token, on: connection).isEmpty)
    let final = try await JobQueue.alreadyFinal([1, 2, 3], token: claim.token, on: connection)
    #expect(final == [1, 2])
  }
}

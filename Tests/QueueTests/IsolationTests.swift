import Postgres
import TestServer
import Testing

@testable import Queue

/// A claim does not write the row of its job: a snapshot older than the claim shows the job as waiting. Whatever
/// decides on a job's state must tell the truth all the same, or raise 40001.
@Suite("Isolation levels", .queueDatabase)
struct IsolationTests: DatabaseSuite {
  static let levels: [Isolation] = [.readCommitted, .repeatableRead, .serializable]

  /// A transaction of another session whose snapshot is older than what `meanwhile` does.
  /// - Returns: what the question answers, or the error's SQLSTATE.
  private func after(
    _ level: Isolation, _ question: String, meanwhile: () async throws -> Void
  ) async throws -> String {
    let caller = try await database.connect()
    try await caller.script("BEGIN ISOLATION LEVEL \(level.rawValue); SELECT count(*) FROM twinmill.jobs")
    try await meanwhile()
    var answer: String
    do {
      answer = try await caller.value(SQL(stringLiteral: question), as: String.self)
      try await caller.script("COMMIT")
    } catch let error as PostgresError {
      answer = error.sqlstate ?? ""
    }
    await caller.close()
    return answer
  }

  private func job(_ id: JobID) async throws -> String {
    try await connection.value(
      SQL(stringLiteral: "SELECT state || ' ' || arguments::text FROM twinmill.all_jobs WHERE job_id = \(id)"),
      as: String.self)
  }

  @Test("W1: replacing a job that was claimed since the snapshot says merged or 40001", arguments: levels)
  func replaceClaimed(_ level: Isolation) async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.script(#"SELECT twinmill.enqueue('probe', unique_key => 'k', arguments => '{"count": 1}')"#)
    let replace = #"""
      SELECT outcome FROM twinmill.enqueue('probe', unique_key => 'k', arguments => '{"count": 2}',
        if_waiting => 'replace')
      """#
    let answer = try await after(level, replace) {
      let claimed = try await queue.claim(on: connection).jobs.map(\.id)
      #expect(claimed == [1])
    }
    #expect(answer == (level == .readCommitted ? "merged" : "40001"))
    #expect(try await job(1) == #"running {"count": 1}"#)
    // The next attempt of the caller sees the claim.
    #expect(try await after(level, replace) {} == "merged")
  }

  @Test("W1: a job that is not ready, or of the same transaction, is replaced", arguments: levels)
  func replaceWaiting(_ level: Isolation) async throws {
    let replace = #"""
      SELECT outcome FROM twinmill.enqueue('probe', unique_key => 'k', arguments => '{"count": 2}',
        run_at => now() + interval '2 hours', if_waiting => 'replace')
      """#
    try await connection.script(
      "SELECT twinmill.enqueue('probe', unique_key => 'k', run_at => now() + interval '1 hour')")
    #expect(try await after(level, replace) {} == "replaced")
    #expect(try await job(1) == #"scheduled {"count": 2}"#)
    let ours = try await connection.transaction(isolation: level) { transaction in
      try await transaction.script("SAVEPOINT one; SELECT twinmill.enqueue('other', unique_key => 'k')")
      return try await transaction.value(
        "SELECT outcome FROM twinmill.enqueue('other', unique_key => 'k', if_waiting => 'replace')", as: String.self)
    }
    #expect(ours == "replaced")
  }

  @Test("W1: cancelling a job that was claimed since the snapshot asks its worker", arguments: levels)
  func cancelClaimed(_ level: Isolation) async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(1)
    var claim: JobQueue.Claim?
    let answer = try await after(level, "SELECT twinmill.cancel(1)") { claim = try await queue.claim(on: connection) }
    #expect(answer == "cancelling")
    #expect(try await job(1) == "running {}")
    let jobs = try #require(claim)
    #expect(try await queue.cancellations(on: connection) == [1])
    #expect(try await queue.end(jobs.jobs, .completed, token: jobs.token, on: connection) == [1])
  }

  @Test("W1: cancelling a job that ended since the snapshot says so, or 40001", arguments: levels)
  func cancelEnded(_ level: Isolation) async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(2)
    let running = try await queue.claim(on: connection)
    for id in [1, 2] {
      let answer = try await after(level, "SELECT twinmill.cancel(\(id))") {
        _ = try await queue.end(
          running.jobs.filter { $0.id == id }, .completed, token: running.token, on: connection)
      }
      #expect(answer == (level == .readCommitted ? "55000" : "40001"))
    }
  }

  @Test("W1: a cancelled job ends with a dependent that the snapshot lacks", arguments: levels)
  func cancelWaiting(_ level: Isolation) async throws {
    try await connection.enqueueProbes(1)
    let answer = try await after(level, "SELECT twinmill.cancel(1)") {
      try await connection.script("SELECT twinmill.enqueue('other', depends_on => '{1}')")
    }
    #expect(answer == (level == .readCommitted ? "cancelled" : "cancelling"))
    _ = try await JobQueue.maintainWaiting(on: connection)
    #expect(try await job(1) == "cancelled {}")
    #expect(try await job(2) == "discarded {}")
  }

  @Test("W1: retrying a job that ended since the snapshot repeats it, or says 40001", arguments: levels)
  func retryEnded(_ level: Isolation) async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(1)
    let running = try await queue.claim(on: connection)
    let answer = try await after(level, "SELECT outcome FROM twinmill.retry(1)") {
      _ = try await queue.end(running.jobs, .completed, token: running.token, on: connection)
    }
    #expect(answer == (level == .readCommitted ? "inserted" : "40001"))
  }

  @Test("W1: a dependency on a job that was discarded since the snapshot discards, or says 40001", arguments: levels)
  func dependOnEnded(_ level: Isolation) async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(1)
    let running = try await queue.claim(on: connection)
    let answer = try await after(
      level, "SELECT outcome FROM twinmill.enqueue('other', depends_on => '{1}')"
    ) {
      _ = try await queue.end(running.jobs, .discarded(message: "no"), token: running.token, on: connection)
    }
    // READ COMMITTED sees the end at once and refuses.
    #expect(answer == (level == .readCommitted ? "55000" : "40001"))
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs", as: Int64.self) == 0)
  }

  @Test("W1: enqueueing with the key of a job that ended since the snapshot inserts or says 40001", arguments: levels)
  func mergeWithEnded(_ level: Isolation) async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.script("SELECT twinmill.enqueue('probe', unique_key => 'k')")
    let running = try await queue.claim(on: connection)
    let answer = try await after(
      level, "SELECT outcome || ' ' || job_id FROM twinmill.enqueue('probe', unique_key => 'k')"
    ) {
      _ = try await queue.end(running.jobs, .completed, token: running.token, on: connection)
    }
    #expect(answer.hasPrefix("inserted ") || answer == "40001")
    let live = try await connection.value("SELECT count(*) FROM twinmill.jobs", as: Int64.self)
    #expect(live == (answer == "40001" ? 0 : 1))
  }

  @Test("W1: dependents of a job that ends under a snapshot are resolved by the next round", arguments: levels)
  func resolve(_ level: Isolation) async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(1)
    let running = try await queue.claim(on: connection)
    let other = try await database.connect()
    let answer = try await after(level, "SELECT twinmill.resolve_dependents('{1}')::text") {
      try await other.script("SELECT twinmill.enqueue('other', depends_on => '{1}')")
      try await connection.script(
        "DELETE FROM twinmill.live_jobs WHERE job_id = 1; DELETE FROM twinmill.claims WHERE token = '\(running.token)'")
    }
    #expect(answer == "")
    _ = try await JobQueue.maintainWaiting(on: connection)
    #expect(try await job(2) == "ready {}")
    await other.close()
  }

  @Test("W1: the upkeep of waiting jobs refuses a snapshot, and a wait refuses to wait in one", arguments: levels)
  func refused(_ level: Isolation) async throws {
    try await connection.enqueueProbes(1)
    let upkeep = try await after(level, "SELECT coalesce(max(action), 'nothing') FROM twinmill.maintain_waiting()") {}
    #expect(upkeep == (level == .readCommitted ? "nothing" : "40001"))
    let wait = try await after(level, "SELECT twinmill.wait(1, interval '0')") {}
    #expect(wait == (level == .readCommitted ? "57014" : "55000"))
  }
}

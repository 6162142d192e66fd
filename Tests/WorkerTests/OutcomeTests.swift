import Foundation
import Postgres
import Queue
import Synchronization
import TestServer
import Testing

@testable import Worker

@Suite("Outcomes", .workerDatabase, .timeLimit(.minutes(30)))
struct OutcomeTests: DatabaseSuite {
  /// A kind whose computations wait until they are cancelled.
  private func endless(timeout: Duration = .seconds(900)) -> TestKind {
    var kind = TestKind()
    kind.definition = KindDefinition(
      name: "test", summary: "test", argumentsSchema: JSON(text: "{}"), batchLimit: 10, concurrency: 10,
      backoffBase: .milliseconds(20), timeout: timeout)
    kind.computes = { _ in
      try await Task.sleep(for: .seconds(3600))
      return .unchanged
    }
    return kind
  }

  @Test("a computation that takes longer than its kind allows is cancelled and has failed")
  func timeout() async throws {
    try await connection.enqueueTests(1, maxAttempts: 2)
    let worker = try RunningWorker(database, KindRunner(endless(timeout: .milliseconds(50))))
    #expect(try await connection.finalState(1) == "discarded")
    try await worker.stop()
    let errors = try await connection.value("SELECT errors::text FROM twinmill.job_history", as: String.self)
    #expect(errors.components(separatedBy: "timed out after 0.05 s").count == 3)
  }

  @Test("a job is discarded at its deadline, whether it runs or waits")
  func deadline() async throws {
    let worker = try RunningWorker(database, KindRunner(endless())) { $0.queues = ["default"] }
    try await connection.until("SELECT count(*) = 1 FROM twinmill.workers")
    /// Enqueues a job whose deadline is so many seconds away, and returns what is said of it at its end.
    func end(_ queue: String, _ seconds: Int) async throws -> String {
      let job: JobID = try await connection.value(
        """
        SELECT job_id FROM twinmill.enqueue('test', queue => \(queue)::text,
          deadline => clock_timestamp() + make_interval(secs => \(Double(seconds))))
        """)
      #expect(try await connection.finalState(job) == "discarded")
      return try await connection.value(
        "SELECT errors -> -1 ->> 'message' FROM twinmill.job_history WHERE job_id = \(job)")
    }
    #expect(try await end("nobody", 1) == "its deadline passed while it waited")
    // On a busy machine a deadline may pass before the job has begun: then one further away.
    var message = ""
    for seconds in [2, 10, 50, 250] where message != "its deadline passed" {
      message = try await end("default", seconds)
    }
    #expect(message == "its deadline passed")
    try await worker.stop()
  }

  @Test("a computation that ignores its cancellation ends the worker, which hands the others back first")
  func stuck() async throws {
    try await connection.enqueueTests(3)
    var kind = endless(timeout: .milliseconds(100))
    let release = Flag()
    kind.computes = { job in
      guard job.id == 2 else {
        try await Task.sleep(for: .seconds(3600))
        return .unchanged
      }
      // Holds its thread and does not look.
      while !release.isSet { usleep(1_000) }
      return .unchanged
    }
    kind.definition = KindDefinition(
      name: "test", summary: "test", argumentsSchema: JSON(text: "{}"), batchLimit: 1,
      backoffBase: .seconds(3600), timeout: .milliseconds(100))
    let worker = try RunningWorker(database, KindRunner(kind), gaveUp: release) {
      $0.grace = .seconds(4)
    }
    await #expect(throws: (any Error).self) { try await worker.ended.value }
    #expect(release.isSet, "it was given up")
    let others = try await connection.value(
      "SELECT count(*) FROM twinmill.jobs WHERE job_id IN (1, 3) AND state <> 'running' AND crashes = 0", as: Int64.self
    )
    #expect(others == 2)
  }

  @Test("progress is read while a job runs, and kept for its next attempt")
  func progress() async throws {
    try await connection.enqueueTests(1)
    var kind = endless()
    let seen = Signal()
    kind.computes = { job in
      guard job.attempt == 1 else { return .snooze(.seconds(3600)) }
      JobProgress.report(40, "fitting")
      await seen.next()
      throw JobFailure("later")
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    try await connection.until(
      "SELECT count(*) = 1 FROM twinmill.jobs WHERE state = 'running' AND percent = 40 AND message = 'fitting'")
    seen.fire()
    try await connection.until(
      "SELECT count(*) = 1 FROM twinmill.jobs WHERE state = 'scheduled' AND attempt = 1 AND percent = 40")
    try await worker.stop()
  }

  @Test("a snoozed job runs again and has used no attempt")
  func snooze() async throws {
    try await connection.enqueueTests(1, maxAttempts: 1)
    let runs = Mutex(0)
    var kind = TestKind()
    kind.computes = { job in
      let run = runs.withLock { runs in
        runs += 1
        return runs
      }
      return run < 3 ? .snooze(.milliseconds(10)) : .store(job.attempt)
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    #expect(try await connection.finalState(1) == "completed")
    try await worker.stop()
    #expect(try await connection.writes() == [[1, 1]])
  }

  @Test("cancelling one job of a loop leaves the others of its batch alone")
  func cancelOne() async throws {
    try await connection.enqueueTests(6)
    var kind = endless()
    kind.definition = KindDefinition(
      name: "test", summary: "test", argumentsSchema: JSON(text: "{}"), batchLimit: 10, concurrency: 1)
    kind.computes = { job in
      if job.id == 2 { try await Task.sleep(for: .seconds(3600)) }
      return .store(0)
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    try await connection.until("SELECT count(*) = 1 FROM twinmill.job_history")
    _ = try await connection.query("SELECT twinmill.cancel(2)")
    #expect(try await connection.finalState(2) == "cancelled")
    for job in 3...6 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
    #expect(try await connection.writes() == [1, 3, 4, 5, 6].map { [$0, 1] })
  }

  @Test("a request to cancel holds although the attempt ended in an error meanwhile")
  func cancelledRetry() async throws {
    try await connection.enqueueTests(1)
    let gate = Gate()
    var kind = TestKind()
    kind.computes = { _ in
      await gate.pass()
      throw JobFailure("broken")
    }
    // Beats so rarely that the worker does not hear of the request.
    let worker = try RunningWorker(database, KindRunner(kind)) {
      $0.heartbeat = .seconds(60)
      $0.lease = .seconds(600)
    }
    await gate.reached()
    #expect(try await connection.query("SELECT twinmill.cancel(1)")[0].decode(String.self) == "cancelling")
    gate.open()
    #expect(try await connection.finalState(1) == "cancelled")
    try await worker.stop()
  }
}

@Suite("Fair shares")
struct FairShareTests: DatabaseSuite {
  @Test("who used least comes first; equal use shares a place; half is forgotten by what is told")
  func ranks() {
    let shares = TenantShares()
    let start = ContinuousClock.now
    let big = shares.began(["big": 1], at: start)
    _ = shares.began(["small": 1], at: start + .seconds(8))
    shares.ended(big, at: start + .seconds(9))
    #expect(
      TenantShares.ranks(of: ["big", "small", "new", "newer"], used: shares.used(at: start + .seconds(10)))
        == ["new": 0, "newer": 0, "small": 1, "big": 2])
    #expect(shares.take(at: start + .seconds(11)) == ["big": 9, "small": 3])
    shares.reported(["small": 100])
    let used = shares.used(at: start + .seconds(12))
    #expect(TenantShares.ranks(of: ["big", "small"], used: used) == ["big": 0, "small": 1])
  }

  @Test("a tenant's backfill delays another tenant's single job by at most one batch", .workerDatabase)
  func backfill() async throws {
    try await connection.script("SELECT twinmill.enqueue('test', tenant => 'big') FROM generate_series(1, 100)")
    let gate = Gate()
    let order = Mutex<[JobID]>([])
    var kind = TestKind()
    kind.loads = { jobs in
      let isFirst = order.withLock { order in
        order += jobs.map(\.id)
        return order.count == jobs.count
      }
      guard isFirst else { return }
      await gate.pass()
    }
    let worker = try RunningWorker(database, KindRunner(kind)) { $0.concurrency = 1 }
    await gate.reached()
    _ = try await connection.query("SELECT twinmill.enqueue('test', tenant => 'small')")
    // The notification may be late; a worker that last looked at its lanes a second ago looks at them without it.
    try await Task.sleep(for: .seconds(1.1))
    gate.open()
    #expect(try await connection.finalState(101) == "completed")
    #expect(try await connection.finalState(100) == "completed")
    try await worker.stop()
    // The batch that ran, then the other tenant's job.
    #expect(order.withLock { $0[10] } == 101)
  }
}

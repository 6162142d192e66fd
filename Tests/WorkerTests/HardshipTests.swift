import FoundationEssentials
import Glibc
import Postgres
import Queue
import Synchronization
import TestServer
import Testing

@testable import Worker

/// Faults that once happened, or nearly did.
@Suite("Hardship")
struct HardshipTests {
  @Test("a worker makes due jobs ready that it does not serve, and leaves them alone")
  func promotesOthers() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await JobQueue.register(
      kinds: [KindDefinition(name: "foreign", summary: "", argumentsSchema: JSON(text: "{}"))], on: connection)
    let soon = "run_at => clock_timestamp() + interval '50 ms'"
    try await connection.script(
      """
      SELECT twinmill.enqueue('test', queue => 'other', \(soon)); SELECT twinmill.enqueue('foreign', \(soon));
      SELECT twinmill.enqueue('test', \(soon));
      """)
    let worker = try RunningWorker(database, KindRunner(TestKind())) { $0.queues = ["default"] }
    #expect(try await connection.finalState(3) == "completed")
    try await connection.until("SELECT count(*) = 2 FROM twinmill.jobs WHERE state = 'ready'")
    try await connection.enqueueTests(1)
    #expect(try await connection.finalState(4) == "completed")
    try await worker.stop()
    #expect(try await connection.query("SELECT FROM twinmill.jobs WHERE state = 'ready' AND attempt = 0").count == 2)
  }

  @Test("jobs of a claim that its worker does not know are requeued, with their attempt")
  func orphans() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let worker = try RunningWorker(database, KindRunner(TestKind())) { $0.lease = .seconds(3) }
    try await connection.until("SELECT count(*) = 1 FROM twinmill.workers")
    // As after a claim whose answer was lost on the way: owned by a living worker that knows nothing of it.
    try await connection.script(
      """
      BEGIN;
      SELECT twinmill.enqueue('test');
      INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids)
      SELECT gen_random_uuid(), w.id, j.lane, false, j.job_id, ARRAY[j.job_id]
      FROM twinmill.workers w, twinmill.live_jobs j;
      COMMIT;
      """)
    #expect(try await connection.finalState(1) == "completed")
    try await worker.stop()
    #expect(try await connection.writes() == [[1, 1]])
  }

  @Test("an open transaction on the first lane's only job does not keep the other lanes waiting")
  func lockedLane() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    _ = try await connection.query("SELECT twinmill.enqueue('test', priority => -1)")
    let forgotten = try await database.connect()
    try await forgotten.script("BEGIN; SELECT FROM twinmill.live_jobs WHERE job_id = 1 FOR UPDATE")
    try await connection.enqueueTests(3)
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    for job in 2...4 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    #expect(try await connection.ended("completed") == [2, 3, 4])
    try await forgotten.script("ROLLBACK")
    #expect(try await connection.finalState(1) == "completed")
    try await worker.stop()
  }

  @Test("a history that cannot be kept does not keep the jobs of the dead from being returned")
  func brokenHistory() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.script(
      """
      CREATE OR REPLACE FUNCTION twinmill.maintain_history(days_ahead integer DEFAULT 3, retention interval DEFAULT '30 d')
      RETURNS TABLE (partition text, action text) LANGUAGE plpgsql AS $$ BEGIN RAISE insufficient_privilege; END $$;
      INSERT INTO twinmill.workers (id, lock_key, hostname, pid, version, kinds, renewed_at, lease_until,
                                    heartbeat_seconds)
      VALUES (gen_random_uuid(), 7, 'gone', 1, '', '{test}', now() - interval '1 hour', now() + interval '1 hour', 0.05);
      SELECT twinmill.enqueue('test');
      INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids)
      SELECT gen_random_uuid(), w.id, j.lane, false, j.job_id, ARRAY[j.job_id]
      FROM twinmill.workers w, twinmill.live_jobs j;
      """)
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    #expect(try await connection.finalState(1) == "completed")
    #expect(try await connection.writes() == [[1, 2]])
    try await worker.stop()
  }

  @Test("a store that always runs into its time limit fails its own job, not its batch")
  func timesOut() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(4, maxAttempts: 1)
    try await connection.script(
      """
      CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF new.job_id = 2 THEN RAISE query_canceled; END IF; RETURN new; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON twinmill.probe_writes FOR EACH ROW EXECUTE FUNCTION slow();
      """)
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    #expect(try await connection.finalState(2) == "discarded")
    for job in [1, 3, 4] { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
  }

  @Test("a job that cannot be loaded fails alone")
  func badLoad() async throws {
    struct Unreadable: Error {}
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(5, maxAttempts: 1)
    var kind = TestKind()
    kind.loads = { jobs in if jobs.contains(where: { $0.id == 4 }) { throw Unreadable() } }
    let worker = try RunningWorker(database, KindRunner(kind))
    #expect(try await connection.finalState(4) == "discarded")
    for job in [1, 2, 3, 5] { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
    #expect(try await connection.writes() == [1, 2, 3, 5].map { [$0, 1] })
  }

  @Test("jobs that were there at two crashes do not keep the others waiting")
  func poisonTakesTurns() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(3)
    try await connection.script("UPDATE twinmill.live_jobs SET crashes = 2")
    let gate = Gate()
    let order = Mutex<[JobID]>([])
    let note: @Sendable (JobID) -> Void = { id in order.withLock { $0.append(id) } }
    var kind = TestKind()
    kind.computes = { job in
      note(job.id)
      if job.id == 1 {
        await gate.pass()
      }
      return .store(1)
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    await gate.reached()
    try await connection.enqueueTests(1)
    gate.open()
    for job in 1...4 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
    #expect(order.withLock { $0 } == [1, 4, 2, 3])
  }

  @Test("jobs that were there at two crashes follow one another when nothing else waits", .timeLimit(.minutes(30)))
  func poisonFollows() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(5)
    try await connection.script("UPDATE twinmill.live_jobs SET crashes = 2")
    let worker = try RunningWorker(database, KindRunner(TestKind())) { $0.poll = .seconds(3600) }
    for job in 1...5 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
  }

  @Test("a job that was there at two crashes, claimed but not begun by a worker that stops, has not crashed again")
  func poisonAtStop() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(1)
    let gate = Gate()
    var kind = TestKind()
    kind.computes = { _ in
      await gate.pass()
      return .unchanged
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    await gate.reached()
    try await connection.script(
      "BEGIN; SELECT twinmill.enqueue('test'); UPDATE twinmill.live_jobs SET crashes = 2 WHERE job_id = 2; COMMIT")
    try await connection.until("SELECT count(*) = 2 FROM twinmill.claims")
    await worker.group.triggerGracefulShutdown()
    try await connection.until("SELECT bool_and(is_draining) FROM twinmill.workers")
    gate.open()
    try await worker.ended.value
    #expect(try await JobQueue.rescue([], on: connection).isEmpty)
    let left: SQL = "SELECT state::text, crashes::integer, attempt::integer FROM twinmill.jobs"
    let row = try await connection.query(left).only()
    let (state, crashes, attempt) = try row.decode(String.self, Int32.self, Int32.self)
    #expect((state, crashes, attempt) == ("ready", 2, 0))
  }

  @Test("a job whose loading brings the connection down each time fails alone", .timeLimit(.minutes(30)))
  func deadlyLoad() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(5, maxAttempts: 1)
    var kind = TestKind()
    kind.deadly = 4
    let worker = try RunningWorker(database, KindRunner(kind))
    #expect(try await connection.finalState(4) == "discarded")
    for job in [1, 2, 3, 5] { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
    #expect(try await connection.writes() == [1, 2, 3, 5].map { [$0, 1] })
  }

  @Test("maintenance that fails for waiting jobs does not keep the jobs of the dead from being returned")
  func brokenMaintenance() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.script(
      """
      CREATE OR REPLACE FUNCTION twinmill.maintain_waiting() RETURNS TABLE (action text, jobs bigint) LANGUAGE plpgsql
        AS $$ BEGIN RAISE data_exception; END $$;
      """)
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    try await connection.until("SELECT count(*) = 1 FROM twinmill.workers")
    try await connection.script(
      """
      BEGIN;
      INSERT INTO twinmill.workers (id, lock_key, hostname, pid, version, kinds, renewed_at, lease_until,
                                    heartbeat_seconds)
      VALUES (gen_random_uuid(), 7, 'gone', 1, '', '{test}', now() - interval '1 hour', now() + interval '1 hour', 0.05);
      SELECT twinmill.enqueue('test');
      INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids)
      SELECT gen_random_uuid(), w.id, j.lane, false, j.job_id, ARRAY[j.job_id]
      FROM twinmill.workers w, twinmill.live_jobs j WHERE w.hostname = 'gone';
      COMMIT;
      """)
    #expect(try await connection.finalState(1) == "completed")
    try await worker.stop()
  }

  @Test("a request to cancel holds although the attempt ended in an error meanwhile")
  func cancelledRetry() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
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

  @Test("an earlier batch that ends later does not forget a later attempt of its job")
  func laterAttempt() {
    let inFlight = InFlight()
    func job(attempt: Int) -> Job {
      Job(
        id: 1, kind: "k", queue: "q", priority: 0, twinID: nil, arguments: .init(text: "{}"), attempt: attempt,
        maxAttempts: 9, crashes: 0, token: UUID(), enqueuedAt: .now, runAt: .now, claimedAt: .now, requestedBy: "me")
    }
    inFlight.add([job(attempt: 1)])
    inFlight.remove([job(attempt: 1)])
    inFlight.add([job(attempt: 2)])
    inFlight.remove([job(attempt: 1)])
    #expect(inFlight.count == 1)
    inFlight.cancel(1, .requested)
    #expect(inFlight.reason(for: job(attempt: 2)) == .requested)
    #expect(inFlight.reason(for: job(attempt: 1)) == nil)
  }

  @Test("a job that is never due keeps no worker from claiming the others")
  func neverDue() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    _ = try await connection.query("SELECT twinmill.enqueue('test', run_at => now() + interval '1 hour')")
    try await connection.script("UPDATE twinmill.live_jobs SET run_at = 'infinity'")
    try await connection.enqueueTests(1)
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    #expect(try await connection.finalState(2) == "completed")
    try await worker.stop()
  }

  @Test("an idle worker stops although its server does not answer its claim any more", .timeLimit(.minutes(30)))
  func hungServer() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    var patient = database.settings
    patient.options.roundTripDeadline = .seconds(3600)
    patient.options.cancelGrace = .milliseconds(500)
    let worker = try RunningWorker(database, KindRunner(TestKind()), connections: patient) {
      $0.claimPatience = .milliseconds(10)
    }
    try await connection.until("SELECT count(*) = 1 FROM twinmill.workers")
    // Only claims read the lanes.
    try await connection.script("BEGIN; LOCK TABLE twinmill.lanes IN ACCESS EXCLUSIVE MODE")
    let server = try await connection.processWaitingForLock()
    kill(server, SIGSTOP)
    try await worker.stop()
    kill(server, SIGCONT)
    try await connection.script("ROLLBACK")
    #expect(try await connection.query("SELECT FROM twinmill.workers").isEmpty)
  }

  @Test("a worker that connects to a server that does not answer stops when it is asked to", .timeLimit(.minutes(30)))
  func silentServer() async throws {
    let database = try await WorkerDatabase.create()
    let silent = try SilentServer()
    defer { silent.close() }
    let worker = try RunningWorker(
      database, KindRunner(TestKind()),
      connections: ConnectionSettings(
        url: "postgres://postgres@127.0.0.1:\(silent.port)/x?connect_timeout=3600",
        options: .init(openDeadline: .seconds(3600))))
    try await silent.accepted()
    try await worker.stop()
  }

  @Test("a worker that waits for its database stops when it is asked to")
  func stopsWhileWaiting() async throws {
    let server = try await TestServer.own()
    let gone = try await TestDatabase.create(on: server)
    await server.stop()
    let worker = try RunningWorker(gone, KindRunner(TestKind()))
    try await worker.stop()
  }
}

import Postgres
import Queue
import TestServer
import Testing

@testable import Worker

@Suite("Maintenance", .workerDatabase)
struct MaintenanceTests: DatabaseSuite {
  @Test("a worker makes due jobs ready that it does not serve, and leaves them alone")
  func promotesOthers() async throws {
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

  @Test("a history that cannot be kept does not keep the jobs of the dead from being returned")
  func brokenHistory() async throws {
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

  @Test("maintenance that fails for waiting jobs does not keep the jobs of the dead from being returned")
  func brokenMaintenance() async throws {
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
}

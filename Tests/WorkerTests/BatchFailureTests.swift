import Postgres
import Queue
import TestServer
import Testing

@testable import Worker

@Suite("A batch fails", .workerDatabase, .timeLimit(.minutes(30)))
struct BatchFailureTests: DatabaseSuite {
  @Test("a store that always runs into its time limit fails its own job, not its batch")
  func timesOut() async throws {
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
    try await connection.enqueueTests(5, maxAttempts: 1)
    var kind = TestKind()
    kind.loads = { jobs in if jobs.contains(where: { $0.id == 4 }) { throw Unreadable() } }
    let worker = try RunningWorker(database, KindRunner(kind))
    #expect(try await connection.finalState(4) == "discarded")
    for job in [1, 2, 3, 5] { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
    #expect(try await connection.writes() == [1, 2, 3, 5].map { [$0, 1] })
  }

  @Test("a job whose loading brings the connection down each time fails alone")
  func deadlyLoad() async throws {
    try await connection.enqueueTests(5, maxAttempts: 1)
    var kind = TestKind()
    kind.deadly = 4
    let worker = try RunningWorker(database, KindRunner(kind))
    #expect(try await connection.finalState(4) == "discarded")
    for job in [1, 2, 3, 5] { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
    #expect(try await connection.writes() == [1, 2, 3, 5].map { [$0, 1] })
  }
}

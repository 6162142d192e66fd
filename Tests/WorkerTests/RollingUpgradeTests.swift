import Postgres
import Queue
import TestServer
import Testing

@testable import Worker

@Suite("An old worker under a newer schema")
struct RollingUpgradeTests {
  /// The queue's module with another text of one function.
  private static func queue(changing name: String, _ change: (String) -> String) -> SchemaModule {
    let steps = SchemaModule.queue.migrations.flatMap { step in
      let number = String(repeating: "0", count: 4 - String(step.number).count) + String(step.number)
      let stem = "Tables/\(number)_\(step.name)" + (step.phase == .setup ? ".setup" : "")
      return [(path: stem + ".up.sql", text: step.up), (path: stem + ".down.sql", text: step.down)]
    }
    let routines = SchemaModule.queue.routines.map { routine in
      (path: "Routines/\(routine.name).sql", text: routine.name == name ? change(routine.text) : routine.text)
    }
    return SchemaModule("queue", files: steps + routines)
  }

  @Test("a function that it calls changes its signature while it works: the old one stays for a version, nothing fails")
  func changedSignature() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    try await connection.enqueueTests(3)
    for job in 1...3 { #expect(try await connection.finalState(JobID(job)) == "completed") }

    let newer = Self.queue(changing: "resolve_dependents") { text in
      text.replacing("patience text DEFAULT '500ms')", with: "patience text, unused boolean)")
        .replacing("resolve_dependents(bigint[], text)", with: "resolve_dependents(bigint[], text, boolean)")
    }
    let changes = try await Migrator([newer, TestKind.schema], version: "99.0.0").up(connection)
    #expect(
      changes.routines == [
        "function resolve_dependents",
        "function resolve_dependents of version \(BuildInfo.version), kept until the next",
      ])
    let signatures: SQL = """
      SELECT array_agg(p.oid::regprocedure::text ORDER BY p.pronargs) FROM pg_proc p
      WHERE p.pronamespace = 'twinmill'::regnamespace AND p.proname = 'resolve_dependents'
      """
    #expect(
      try await connection.value(signatures, as: [String].self)
        == ["twinmill.resolve_dependents(bigint[],text)", "twinmill.resolve_dependents(bigint[],text,boolean)"])

    // The same worker ends a job that another one waits for, which calls the old function.
    _ = try await connection.query(
      """
      WITH first AS (SELECT job_id FROM twinmill.enqueue('test', run_at => now() + interval '0.2 s'))
      SELECT (twinmill.enqueue('test', depends_on => ARRAY[job_id])).job_id FROM first
      """)
    for job in 4...5 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    #expect(
      try await connection.value("SELECT count(*) FROM twinmill.job_history WHERE errors <> '[]'", as: Int64.self) == 0)
    try await worker.stop()

    _ = try await Migrator([newer, TestKind.schema], version: "99.1.0").up(connection)
    #expect(
      try await connection.value(signatures, as: [String].self) == [
        "twinmill.resolve_dependents(bigint[],text,boolean)"
      ])
  }
}

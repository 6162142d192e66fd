import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Plans")
struct PlanTests {
  /// A hot statement and values for its parameters.
  struct Hot: Sendable, CustomTestStringConvertible {
    let statement: Statement
    let values: String
    /// Whether it runs under `hotPlan`.
    var isPlanned = true
    var testDescription: String { statement.name }
  }

  private static let worker = "'00000000-0000-0000-0000-00000000000a'"

  static let hot: [Hot] = [
    Hot(
      statement: Statements.claim,
      values: "\(worker), \(worker), '{default}', '{probe}', '{0}', '{1000}', '{100}'"),
    Hot(statement: Statements.claimSuspect, values: "\(worker), \(worker), NULL, '{probe}'"),
    Hot(statement: Statements.lanes, values: "NULL, '{probe}'"),
    Hot(statement: Statements.promote, values: "100"),
    Hot(statement: Statements.nextDue, values: ""),
    Hot(
      statement: Statements.finish,
      values: "\(worker), \(worker), '{1,2,3}', '{1,1,1}', '{completed,retry,cancelled}', '{stored,NULL,NULL}', "
        + "'{NULL,error,cancel}', '{NULL,x,y}', '{0,1,0}', '{now,now,now}'"),
    Hot(statement: Statements.cancellationsOfWorker, values: worker, isPlanned: false),
    Hot(statement: Statements.returnStrays, values: "\(worker), '{}', now()", isPlanned: false),
    Hot(statement: Statements.alreadyFinal, values: "'{1,2,3}', \(worker)"),
  ]

  /// 100,000 jobs in all states, on statistics that were taken while the table was empty: the worst time to plan.
  private static func crowded() async throws -> TestDatabase {
    try await TestDatabase.create(from: "crowded") { connection in
      _ = try await Migrator(QueueMigrations.all).up(connection)
      try await connection.script("ALTER TABLE twinmill.jobs SET (autovacuum_enabled = false)")
      try await connection.script("VACUUM ANALYZE twinmill.jobs")
      try await connection.script(
        """
        INSERT INTO twinmill.jobs (state, priority, max_attempts, kind, queue, arguments, run_at, requested_by,
                                   claimed_by, token, claimed_at, crashes)
        SELECT CASE n % 3 WHEN 0 THEN 'ready' WHEN 1 THEN 'scheduled' ELSE 'running' END::twinmill.job_state,
               n % 2, 5, 'probe', 'default', '{}', now() + n % 3 * interval '1 hour', 'test',
               CASE WHEN n % 3 = 2 THEN \(worker)::uuid END, CASE WHEN n % 3 = 2 THEN \(worker)::uuid END,
               CASE WHEN n % 3 = 2 THEN now() END, 0
        FROM generate_series(1, 100000) AS n;
        """)
    }
  }

  @Test("hot statements go by index, also when planned on statistics of an empty table", arguments: hot)
  func goesByIndex(_ hot: Hot) async throws {
    let database = try await Self.crowded()
    for analyze in ["SELECT 1", "ANALYZE twinmill.jobs"] {
      let execute = hot.values.isEmpty ? "EXECUTE hot" : "EXECUTE hot(\(hot.values))"
      let result = try await database.psql(
        """
        \(analyze);
        PREPARE hot AS \(hot.statement.text);
        SET plan_cache_mode = force_generic_plan;
        BEGIN; \(hot.isPlanned ? Statements.hotPlan().text : "SELECT"); EXPLAIN \(execute); ROLLBACK;
        """)
      #expect(result.status == 0, "\(result.err)")
      #expect(result.out.contains("QUERY PLAN"))
      #expect(!result.out.contains("Seq Scan on jobs"), "\(result.out)")
      #expect(!result.out.contains("Seq Scan on job_history"), "\(result.out)")
      if hot.statement.name == "finish" {
        // By key alone: the partial index would compare each job of the worker with each of the batch.
        #expect(!result.out.contains("jobs_running"), "\(result.out)")
      }
      if hot.statement.name == "promote" { #expect(result.out.contains("Index Cond: (run_at <="), "\(result.out)") }
    }
  }
}

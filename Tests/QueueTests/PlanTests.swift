import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Plans on a million jobs")
struct PlanTests {
  /// A hot statement and values for its parameters.
  struct Hot: Sendable, CustomTestStringConvertible {
    let statement: Statement
    let values: String
    /// Whether it runs under `hotPlan`.
    var isPlanned = true
    /// Indexes that the plan must name.
    var by: [String] = []
    var testDescription: String { statement.name }
  }

  private static let worker = "'00000000-0000-0000-0000-00000000000a'::uuid"
  private static let lines = "'{1,1}', '{t,f}', '{0,25000}', '{500,500}', '{0,0}', '{0,0}'"

  static let hot: [Hot] = [
    Hot(statement: Statements.claim, values: "\(worker), \(worker), \(lines)", by: ["jobs_ready", "claims_lane"]),
    Hot(
      statement: Statements.claimLimited, values: "\(worker), \(worker), \(lines), 'limited'", by: ["jobs_ready"]),
    Hot(statement: Statements.claimOverlap, values: worker, by: ["claims_pkey", "claims_lane"]),
    Hot(statement: Statements.lockSuspects, values: "NULL, '{probe}'", by: ["jobs_suspect"]),
    Hot(statement: Statements.claimSuspect, values: "\(worker), \(worker), '{1,2,3}'", by: ["jobs_suspect"]),
    Hot(statement: Statements.fronts, values: "'{1,2,3}'", by: ["jobs_ready"]),
    Hot(statement: Statements.promote, values: "100", by: ["jobs_due"]),
    Hot(statement: Statements.lanes, values: "NULL, '{probe}', 1", by: ["jobs_ready", "jobs_suspect"]),
    Hot(statement: Statements.nextDue, values: "", by: ["jobs_due"]),
    Hot(
      statement: Statements.finish,
      values: "\(worker), \(worker), '{1,2,3}', '{1,1,1}', '{completed,retry,cancelled}', '{stored,NULL,NULL}', "
        + "'{NULL,error,cancel}', '{NULL,x,y}', '{0,1,0}', '{now,now,now}'", by: ["claims_pkey", "live_jobs_pkey"]),
    Hot(statement: Statements.cancellationsOfWorker, values: worker, isPlanned: false),
    Hot(statement: Statements.returnStrays, values: "\(worker), '{}', now()", isPlanned: false, by: ["live_jobs_pkey"]),
    Hot(statement: Statements.alreadyFinal, values: "'{1,2,3}', \(worker)"),
  ]

  /// A million jobs in all states, some ten thousand of them running.
  private static func crowd(_ connection: Connection) async throws {
    try await connection.script(
      """
      ALTER TABLE twinmill.live_jobs SET (autovacuum_enabled = false);
      ALTER TABLE twinmill.dependencies SET (autovacuum_enabled = false);
      ANALYZE twinmill.live_jobs, twinmill.dependencies, twinmill.claims;
      INSERT INTO twinmill.workers (id, lock_key, hostname, pid, version, kinds, lease_until, heartbeat_seconds)
      VALUES (\(worker), 1, 'x', 1, 'x', '{probe}', now() + interval '1 day', 1);
      INSERT INTO twinmill.lanes (queue, kind, tenant, priority)
      SELECT q, 'probe', t, p FROM unnest('{default,limited}'::text[]) q, unnest('{a,b}'::text[]) t,
        generate_series(0, 1) p;
      INSERT INTO twinmill.queue_settings (queue, max_running, max_running_per_key, rate)
      VALUES ('limited', 100000, 2, 100000);
      INSERT INTO twinmill.live_jobs (state, lane, max_attempts, kind, arguments, run_at, requested_by, turn,
                                      concurrency_key, deadline, waits_for)
      SELECT CASE n % 4 WHEN 0 THEN 'scheduled' WHEN 1 THEN 'blocked' ELSE 'ready' END::twinmill.job_state,
             1 + n / 4 % 8, 5, 'probe', '{}', now() + (n % 4 = 0)::integer * interval '1 hour', 'test',
             CASE WHEN n % 8 = 7 THEN n END, 'key' || n % 5000,
             CASE WHEN n % 100 = 0 THEN now() + interval '1 day' END, n % 3
      FROM generate_series(1, 1000000) AS n;
      INSERT INTO twinmill.dependencies SELECT n, n + 1, 'discard' FROM generate_series(1, 300000, 4) AS n;
      INSERT INTO twinmill.claims (token, worker, lane, is_returned, highest, job_ids, keys)
      SELECT gen_random_uuid(), \(worker), lane, false, max(job_id), array_agg(job_id), array_agg(concurrency_key)
      FROM twinmill.live_jobs WHERE state = 'ready' AND turn IS NULL AND job_id <= 20000
      GROUP BY lane, job_id / 2000;
      SELECT setval('twinmill.turns', 2000000);
      INSERT INTO twinmill.job_history (job_id, enqueued_at, run_at, finished_at, state, priority, attempt,
        max_attempts, crashes, kind, queue, requested_by, arguments)
      SELECT 1000000 + n, now(), now(), now(), 'completed', 0, 1, 5, 0, 'probe', 'default', 'test', '{}'
      FROM generate_series(1, 20000) AS n;
      """, deadline: .seconds(300))
  }

  /// In bulk: new jobs, keys that are taken and free, dependents, jobs that replace others.
  private static let enqueueMany = """
    enqueue_many((SELECT jsonb_agg(jsonb_build_object('kind', 'probe', 'queue', q)) FROM generate_series(1, 500),
      unnest('{default,limited}'::text[]) AS q) || '[{"kind": "probe", "unique_key": "k"},
      {"kind": "probe", "unique_key": "k", "if_waiting": "replace"}, {"kind": "probe", "depends_on": [500001]}]')
    """
  private static let enqueueAll = """
    enqueue_all(ARRAY(
      SELECT twinmill.request('probe', unique_key => 'k' || n % 400) FROM generate_series(1, 500) AS n))
    """

  /// What the functions do inside is seen by auto_explain.
  static let calls = [
    "enqueue('probe', unique_key => 'k')", enqueueMany, enqueueAll, "cancel(500001)", "retry(500000)",
    "release('{1,5,9,13}')", "unpark('{key1,key2}')", "unpark()", "tend()", "rescue('{}', '{}')", "wait(500001, '0 s')",
  ]

  /// One test, one crowd: making it takes longer than asking it.
  @Test("hot statements go by index, also when planned on statistics of an empty table")
  func goesByIndex() async throws {
    let database = try await QueueDatabase.create()
    try await Self.crowd(try await database.connect())
    for hot in Self.hot { try await goesByIndex(hot, in: database) }
    try await database.connect().script("ANALYZE", deadline: .seconds(300))
    for hot in Self.hot { try await goesByIndex(hot, in: database) }
    for call in Self.calls { try await goesByIndex(call, in: database) }
    try await copyGoesByIndex(in: database)
  }

  /// Under a held snapshot dead claims pile up: whoever keeps a plan that reads them all is slower with each claim.
  @Test("plans made while there are no claims enter them by key, or after the cursor")
  func entersClaims() async throws {
    let database = try await QueueDatabase.create()
    let conditions = [
      "claim": "(highest > w", "claim_limited": "(highest > w", "claim_overlap": "(token = $1)",
      "finish": "(token = $2)",
    ]
    for hot in Self.hot {
      guard let condition = conditions[hot.statement.name] else { continue }
      let result = try await database.psql(
        """
        PREPARE hot AS \(hot.statement.text);
        BEGIN; \(Statements.claimPlan().text); EXPLAIN EXECUTE hot(\(hot.values)); ROLLBACK;
        """)
      #expect(result.out.contains(condition), "\(hot.statement.name): \(result.err)\(result.out)")
    }
  }

  private func goesByIndex(_ hot: Hot, in database: TestDatabase) async throws {
    let execute = hot.values.isEmpty ? "EXECUTE hot" : "EXECUTE hot(\(hot.values))"
    let result = try await database.psql(
      """
      PREPARE hot AS \(hot.statement.text);
      SET plan_cache_mode = force_generic_plan;
      BEGIN; \(hot.isPlanned ? Statements.hotPlan().text : "SELECT"); EXPLAIN \(execute); ROLLBACK;
      """)
    #expect(result.status == 0 && result.out.contains("QUERY PLAN"), "\(result.err)")
    expectNoScan(in: result.out)
    for index in hot.by { #expect(result.out.contains(index), "\(hot.statement.name): \(index)\n\(result.out)") }
    if hot.statement.name == "finish" {
      // Each job of the claim compared with each: by a hash instead.
      #expect(!result.out.contains("Semi Join") && result.out.contains("hashed SubPlan"), "\(result.out)")
    }
    if hot.statement.name == "promote" { #expect(result.out.contains("Index Cond: (run_at <="), "\(result.out)") }
  }

  private func goesByIndex(_ call: String, in database: TestDatabase) async throws {
    let result = try await database.psql(
      """
      LOAD 'auto_explain';
      SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
      SET auto_explain.log_level = notice; SET client_min_messages = notice;
      BEGIN; SELECT twinmill.\(call); ROLLBACK;
      """)
    #expect(result.err.contains("Query Text"), "\(result.err)")
    expectNoScan(in: result.err)
  }

  /// The way of a file: COPY into the session's table, then one statement over it.
  private func copyGoesByIndex(in database: TestDatabase) async throws {
    let rows = (1...500).map { #"\#($0)\#t{"kind": "probe", "unique_key": "c\#($0 % 400)"}"# }.joined(separator: "\n")
    let result = try await database.psql(
      """
      \(Statements.stageJobs().text);
      BEGIN;
      COPY pg_temp.twinmill_staged_jobs FROM STDIN;
      \(rows)
      \\.
      PREPARE staged AS \(Statements.enqueueStaged.text);
      LOAD 'auto_explain';
      SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
      SET auto_explain.log_level = notice; SET client_min_messages = notice;
      EXECUTE staged(false);
      ROLLBACK;
      """)
    #expect(result.status == 0 && result.err.contains("jobs_unique"), "\(result.err)")
    #expect(result.out.contains("100") && result.out.contains("merged"), "\(result.out)")
    expectNoScan(in: result.err)
  }

  private func expectNoScan(in plan: String) {
    for table in ["live_jobs", "job_history", "dependencies"] {
      let scans = plan.split(separator: "\n").filter { $0.contains("Seq Scan on \(table)") }
      // A partition that is empty, or all but, is read as it is.
      #expect(scans.allSatisfy { $0.contains("job_history_") && $0.contains("rows=1 ") }, "\(plan)")
    }
  }
}

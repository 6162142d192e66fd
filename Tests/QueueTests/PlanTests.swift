import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Plans on a million jobs", .dropsDatabases)
struct PlanTests: DatabaseSuite {
  /// A hot statement and values for its parameters.
  struct Hot: Sendable, CustomTestStringConvertible {
    let statement: Statement
    var values: String
    /// The planner's settings that it runs under.
    var plan: Statement? = Statements.hotPlan
    /// Indexes that the plan must name.
    var by: [String] = []
    var testDescription: String { statement.name }
    var execution: String { values.isEmpty ? "EXECUTE hot" : "EXECUTE hot(\(values))" }
  }

  private static let worker = "'00000000-0000-0000-0000-00000000000a'::uuid"
  private static let lines = "'{1,1}', '{t,f}', '{0,25000}', '{500,500}', '{0,0}', '{0,0}'"
  private static let names = "'{default,default}', '{probe,probe}'"

  static let hot: [Hot] = [
    Hot(
      statement: Statements.claim, values: "\(worker), \(worker), \(lines), \(names)", plan: Statements.claimPlan,
      by: ["jobs_ready", "claims_lane"]),
    Hot(
      statement: Statements.claimLimited, values: "\(worker), \(worker), \(lines), '{probe,probe}', 'limited'",
      plan: Statements.claimPlan, by: ["jobs_ready"]),
    Hot(
      statement: Statements.claimOverlap, values: worker, plan: Statements.claimPlan,
      by: ["claims_pkey", "claims_lane"]),
    Hot(
      statement: Statements.lockPoison, values: "NULL, '{probe}'", plan: Statements.claimPlan, by: ["jobs_poison"]),
    Hot(
      statement: Statements.claimPoison, values: "\(worker), \(worker), NULL, '{probe}'", plan: Statements.claimPlan,
      by: ["jobs_poison"]),
    Hot(statement: Statements.headScan, values: "'{1,2,3}'", by: ["jobs_ready"]),
    Hot(statement: Statements.promote, values: "100", by: ["jobs_due"]),
    Hot(statement: Statements.lanes, values: "NULL, '{probe}', 1"),
    Hot(
      statement: Statements.lanesSince, values: "999000, 1999000, 100, NULL, '{probe}'",
      by: ["live_jobs_pkey", "jobs_requeued", "lanes_pkey"]),
    Hot(statement: Statements.laneScan, values: "0, 100, NULL, '{probe}'", by: ["jobs_ready", "lanes_pkey"]),
    Hot(statement: Statements.nextDue, values: "", by: ["jobs_due"]),
    Hot(
      statement: Statements.finish,
      values: "\(worker), \(worker), '{1,2,3}', '{1,1,1}', '{completed,retry,cancelled}', '{stored,NULL,NULL}', "
        + "'{NULL,error,cancel}', '{NULL,x,y}', '{0,1,0}', '{now,now,now}'", by: ["claims_pkey", "live_jobs_pkey"]),
    Hot(statement: Statements.cancellationsOfWorker, values: worker, plan: nil),
    Hot(statement: Statements.requeueOrphans, values: "\(worker), '{}', now()", plan: nil, by: ["live_jobs_pkey"]),
    Hot(statement: Statements.alreadyFinal, values: "'{1,2,3}', \(worker)"),
  ]

  /// A million jobs in all states, some ten thousand of them running.
  private static func crowd(_ connection: Connection) async throws {
    try await connection.script(
      """
      ALTER TABLE twinmill.live_jobs SET (autovacuum_enabled = false);
      ALTER TABLE twinmill.dependencies SET (autovacuum_enabled = false), DISABLE TRIGGER settle;
      ANALYZE twinmill.live_jobs, twinmill.dependencies, twinmill.claims;
      INSERT INTO twinmill.workers (id, lock_key, hostname, pid, version, kinds, lease_until, heartbeat_seconds)
      VALUES (\(worker), 1, 'x', 1, 'x', '{probe}', now() + interval '1 day', 1);
      INSERT INTO twinmill.lanes (queue, kind, tenant, priority)
      SELECT q, 'probe', t, p FROM unnest('{default,limited}'::text[]) q, unnest('{a,b}'::text[]) t,
        generate_series(0, 1) p;
      INSERT INTO twinmill.queue_settings (queue, max_running, max_running_per_key, rate)
      VALUES ('limited', 100000, 2, 100000);
      INSERT INTO twinmill.live_jobs (state, lane, max_attempts, kind, arguments, run_at, requested_by, requeue_seq,
                                      concurrency_key, deadline, waits_for)
      SELECT CASE n % 4 WHEN 0 THEN 'scheduled' WHEN 1 THEN 'blocked' ELSE 'ready' END::twinmill.job_state,
             1 + n / 4 % 8, 5, 'probe', '{}', now() + (n % 4 = 0)::integer * interval '1 hour', 'test',
             CASE WHEN n % 8 = 7 THEN n END, 'key' || n % 5000,
             CASE WHEN n % 100 = 0 THEN now() + interval '1 day' END, n % 3
      FROM generate_series(1, 1000000) AS n;
      INSERT INTO twinmill.dependencies SELECT n, n + 1, 'discard' FROM generate_series(1, 300000, 4) AS n;
      INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids, keys)
      SELECT gen_random_uuid(), \(worker), lane, false, max(job_id), array_agg(job_id), array_agg(concurrency_key)
      FROM twinmill.live_jobs WHERE state = 'ready' AND requeue_seq IS NULL AND job_id <= 20000
      GROUP BY lane, job_id / 2000;
      SELECT setval('twinmill.requeue_sequence', 2000000);
      INSERT INTO twinmill.job_history (job_id, enqueued_at, run_at, finished_at, state, priority, attempt,
        max_attempts, crashes, kind, queue, requested_by, arguments)
      SELECT 1000000 + n, now(), now(), now(), 'completed', 0, 1, 5, 0, 'probe', 'default', 'test', '{}'
      FROM generate_series(1, 20000) AS n;
      INSERT INTO twinmill.dependencies VALUES (1000001, 1, 'run');
      """, deadline: .seconds(1800))
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

  /// auto_explain shows the plans of the statements inside these functions.
  static let calls = [
    "enqueue('probe', unique_key => 'k')", enqueueMany, enqueueAll, "cancel(500001)", "retry(500000)",
    "resolve_dependents('{1,5,9,13}')", "unblock_keys()", "maintain_waiting()", "rescue('{}', '{}')",
    "wait(500001, '0 s')",
  ]

  /// Called beside `finish`.
  static let hotCalls = ["resolve_dependents('{1000001}')", "unblock_keys('{key1,key2}')"]

  /// One test, one crowd: making it takes longer than asking it.
  @Test("hot statements go by index, also when planned on statistics of an empty table")
  func goesByIndex() async throws {
    let database = try await QueueDatabase.create()
    try await Self.crowd(try await database.connect())
    for hot in Self.hot { try await goesByIndex(hot, in: database) }
    try await database.connect().script("ANALYZE", deadline: .seconds(1800))
    for hot in Self.hot { try await goesByIndex(hot, in: database) }
    for call in Self.calls { try await goesByIndex(call, in: database) }
    for call in Self.hotCalls { try await goesByIndex(call, under: Statements.hotPlan, in: database) }
    try await copyGoesByIndex(in: database)
  }

  /// Under a held snapshot dead claims pile up: whoever keeps a plan that reads them all is slower with each claim.
  @Test("plans made while there are no claims enter them by key, or after the cursor")
  func entersClaims() async throws {
    let database = try await QueueDatabase.create()
    let conditions = [
      "claim": "(last_position > w", "claim_limited": "(last_position > w", "claim_overlap": "(token = $1)",
      "finish": "(token = $2)",
    ]
    for hot in Self.hot {
      guard let condition = conditions[hot.statement.name] else { continue }
      let result = try await database.psql(
        """
        PREPARE hot AS \(hot.statement.text);
        BEGIN; \(hot.plan?().text ?? ""); EXPLAIN EXECUTE hot(\(hot.values)); ROLLBACK;
        """)
      #expect(result.out.contains(condition), "\(hot.statement.name): \(result.err)\(result.out)")
    }
  }

  /// Statistics take a table of dead rows for one row, and one way to that row for as good as another. A statement that
  /// is not bound to keys walks again and again through all jobs that ended while somebody held a snapshot.
  @Test("on a table of dead rows statements touch what they are asked for", .queueDatabase)
  func leavesTheDeadAlone() async throws {
    let holder = try await database.connect()
    try await connection.script(
      """
      ALTER TABLE twinmill.dependencies DISABLE TRIGGER settle;
      INSERT INTO twinmill.workers (id, lock_key, hostname, pid, version, kinds, lease_until, heartbeat_seconds)
      VALUES (\(Self.worker), 1, 'x', 1, 'x', '{probe}', now() + interval '1 day', 1);
      INSERT INTO twinmill.lanes (queue, kind, tenant, priority) VALUES ('default', 'probe', 'a', 0);
      INSERT INTO twinmill.queue_settings (queue, max_running_per_key) VALUES ('limited', 2);
      INSERT INTO twinmill.live_jobs (state, lane, max_attempts, kind, arguments, run_at, requested_by)
      SELECT 'ready', 1, 5, 'probe', '{}', now(), 'test' FROM generate_series(1, 200000);
      INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids)
      SELECT gen_random_uuid(), \(Self.worker), 1, false, n * 100, ARRAY(SELECT generate_series(n * 100 - 99, n * 100))
      FROM generate_series(1, 2000) AS n;
      """)
    try await holder.script("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM twinmill.live_jobs")
    try await connection.script("DELETE FROM twinmill.live_jobs; DELETE FROM twinmill.claims")
    for table in ["live_jobs", "claims"] { try await connection.script("VACUUM twinmill.\(table)") }
    // Those that are there by now: three run, two wait, one waits for one that has ended and one for its key.
    try await connection.script(
      """
      INSERT INTO twinmill.live_jobs
        (state, lane, max_attempts, kind, arguments, run_at, requested_by, waits_for, concurrency_key)
      SELECT s::twinmill.job_state, 1, 5, 'probe', '{}', now() - interval '1 s', 'test', (k IS NULL)::integer, k
      FROM ROWS FROM (
        unnest('{ready,ready,ready,ready,scheduled,blocked,blocked}'::text[]), unnest('{x,x,x,x,x,NULL,y}'::text[])
      ) AS r(s, k);
      INSERT INTO twinmill.dependencies VALUES (5, 200006, 'run');
      INSERT INTO twinmill.cancellations (job_id, requested_by) VALUES (200004, 'test');
      INSERT INTO twinmill.progress (job_id, attempt, percent) SELECT n, 1, 50 FROM generate_series(199990, 200003) AS n;
      INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids)
      VALUES (\(Self.worker), \(Self.worker), 1, false, 200003, '{200001,200002,200003}');
      """)
    let late = "'{1,1}', '{t,f}', '{0,200000}', '{500,500}', '{0,0}', '{0,0}'"
    let new = "\(Self.worker), gen_random_uuid(), "
    for var hot in Self.hot where !["head_scan", "lane_scan"].contains(hot.statement.name) {
      hot.values = hot.values.replacing("\(Self.worker), \(Self.worker), \(Self.lines)", with: new + late).replacing(
        "'{1,2,3}'", with: "'{200001,200002,200003}'"
      ).replacing("999000, 1999000", with: "200000, 0")
      try await touchesFew(hot.execution, under: hot.plan, preparing: hot.statement, in: database)
    }
    for call in [
      "enqueue('probe')", "cancel(200004)", "retry(200005)", "unblock_keys()", "maintain_waiting()",
      "forget_progress()",
    ] {
      try await touchesFew("SELECT twinmill.\(call)", in: database)
    }
    for call in ["resolve_dependents('{5}')", "unblock_keys('{y}')"] {
      try await touchesFew("SELECT twinmill.\(call)", under: Statements.hotPlan, in: database)
    }
    try await connection.script("DELETE FROM twinmill.workers")
    try await touchesFew("SELECT * FROM twinmill.rescue('{}', '{}')", in: database)
  }

  /// Measured: up to 1,100 pages, of which 500 are those of the claims, which some read as a whole, and others the
  /// catalogs'; from 2,855 on where the jobs' dead rows are walked.
  private func touchesFew(
    _ call: String, under plan: Statement? = nil, preparing statement: Statement? = nil, in database: TestDatabase
  ) async throws {
    let result = try await database.psql(
      """
      \(statement.map { "PREPARE hot AS \($0.text);" } ?? "")
      \(statement == nil ? "BEGIN; \(plan?().text ?? ""); \(call); ROLLBACK;" : "")
      BEGIN; \(plan?().text ?? ""); EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) \(call); ROLLBACK;
      """)
    let buffers = result.out.split(separator: "\n").first { $0.contains("Buffers: shared") } ?? ""
    let pages = buffers.split(whereSeparator: { " =".contains($0) }).compactMap { Int($0) }
    #expect(!pages.isEmpty && pages.reduce(0, +) < 2000, "\(call): \(result.err)\(result.out)")
  }

  private func goesByIndex(_ hot: Hot, in database: TestDatabase) async throws {
    let result = try await database.psql(
      """
      PREPARE hot AS \(hot.statement.text);
      SET plan_cache_mode = force_generic_plan;
      BEGIN; \(hot.plan?().text ?? ""); EXPLAIN \(hot.execution); ROLLBACK;
      """)
    #expect(result.status == 0 && result.out.contains("QUERY PLAN"), "\(result.err)")
    expectNoScan(in: result.out)
    for index in hot.by { #expect(result.out.contains(index), "\(hot.statement.name): \(index)\n\(result.out)") }
    if hot.statement.name == "finish" {
      // Each job of the claim compared with each: by a hash instead.
      #expect(!result.out.contains("Semi Join") && result.out.contains("hashed SubPlan"), "\(result.out)")
      #expect(result.out.contains("Index Cond: (job_id = ANY ($3))"), "\(result.out)")
    }
    if hot.statement.name == "promote" { #expect(result.out.contains("Index Cond: (run_at <="), "\(result.out)") }
  }

  private func goesByIndex(_ call: String, under plan: Statement? = nil, in database: TestDatabase) async throws {
    let result = try await database.psql(
      """
      LOAD 'auto_explain';
      SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
      SET auto_explain.log_level = notice; SET client_min_messages = notice;
      BEGIN; \(plan?().text ?? ""); SELECT twinmill.\(call); ROLLBACK;
      """)
    #expect(result.err.contains("Query Text"), "\(result.err)")
    expectNoScan(in: result.err)
    guard plan != nil else { return }
    // There is a lane for each combination that ever was: they are looked up, not read.
    let lines = result.err.split(separator: "\n")
    for (line, next) in zip(lines, lines.dropFirst()) where line.contains(" on lanes") {
      #expect(next.contains("Cond: "), "\(call): \(result.err)")
    }
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

import Postgres
import PostgresServer
import TestServer
import Testing

/// Role and database say all kinds of things about a session. Twinmill's sessions set what matters for themselves, and
/// its functions do not depend on the sessions of others.
@Suite("Odd settings of roles and databases", .dropsDatabases)
struct OddSettingsTests {
  static let odd: [(name: String, value: String)] = [
    ("default_transaction_isolation", "repeatable read"), ("default_transaction_isolation", "serializable"),
    ("default_transaction_deferrable", "on"), ("TimeZone", "Pacific/Apia"), ("DateStyle", "SQL, DMY"),
    ("DateStyle", "Postgres, DMY"), ("IntervalStyle", "sql_standard"), ("IntervalStyle", "iso_8601"),
    ("standard_conforming_strings", "off"), ("backslash_quote", "off"), ("escape_string_warning", "on"),
    ("quote_all_identifiers", "on"), ("search_path", "nowhere"), ("bytea_output", "escape"),
    ("extra_float_digits", "-15"), ("array_nulls", "off"), ("transform_null_equals", "on"), ("row_security", "off"),
    ("xmloption", "document"), ("xmlbinary", "hex"), ("lock_timeout", "5min"), ("statement_timeout", "5min"),
    ("idle_in_transaction_session_timeout", "50ms"), ("idle_session_timeout", "500ms"), ("exit_on_error", "off"),
    ("check_function_bodies", "off"), ("default_toast_compression", "pglz"), ("plpgsql.extra_errors", "all"),
    ("plpgsql.variable_conflict", "use_column"), ("plan_cache_mode", "force_generic_plan"), ("enable_hashjoin", "off"),
    ("enable_nestloop", "off"), ("enable_indexscan", "off"), ("enable_sort", "off"), ("geqo", "off"),
    ("join_collapse_limit", "1"), ("client_min_messages", "debug1"), ("work_mem", "64kB"), ("jit_above_cost", "0"),
  ]

  private static func literal(_ setting: (name: String, value: String)) -> String {
    setting.name == "search_path" ? setting.value : "'\(setting.value)'"
  }

  /// Calls of an application or an operator, one value a line.
  private static let calls = #"""
    SELECT twinmill.twin('sensor', 'pump-7') = twinmill.twin('sensor', 'pump-7');
    SELECT outcome FROM twinmill.enqueue('probe');
    SELECT outcome FROM twinmill.enqueue('probe', unique_key => 'a\b''c', run_at => '2100-01-02 03:04:05+00');
    SELECT outcome FROM twinmill.enqueue('probe', unique_key => 'a\b''c', run_at => '2100-01-02 03:04:06+00',
      if_waiting => 'replace');
    SELECT string_agg(outcome, ',' ORDER BY number) FROM twinmill.enqueue_many(
      '[{"kind": "probe", "run_at": "2100-01-02T03:04:05Z"}, {"kind": "probe", "twin": "sensor/pump-7"}, {"kind": "x"}]');
    SELECT outcome FROM twinmill.enqueue_all(ARRAY[twinmill.request('probe', tenant => 't')]);
    SELECT outcome FROM twinmill.enqueue('probe', depends_on => '{1}', on_discard => '{run}');
    SELECT extract(epoch FROM run_at) FROM twinmill.all_jobs WHERE unique_key = 'a\b''c';
    SELECT outcome FROM twinmill.retry(2);
    SELECT twinmill.schedule('nightly', '30 3 * * MON', 'probe', time_zone => 'Europe/Berlin', jitter => '00:05:00');
    SELECT outcome FROM twinmill.run_schedule('nightly');
    SELECT twinmill.disable_schedule('nightly');
    SELECT twinmill.unschedule('nightly');
    SELECT twinmill.limit_queue('q', rate => 3, per => '00:01:00'), twinmill.pause('q'), twinmill.resume('q');
    SELECT twinmill.weigh_tenant('t', 0.5), twinmill.keep_predictions(30), twinmill.set_notify(true);
    SELECT count(*) FROM twinmill.recompute(twinmill.twin('sensor', 'pump-7'));
    SELECT twinmill.cancel(1) IN ('cancelled', 'cancelling');
    SELECT count(*) FROM twinmill.maintain_history();
    SELECT count(*) FROM twinmill.freshness;
    SELECT count(*) FROM twinmill.queues;
    SELECT (SELECT twinmill.instant_or_null('2026-01-02 03:04:05+00') IS NOT NULL);
    """#

  private static func answers(_ database: TestDatabase) async throws -> String {
    let output = try await ChildProcess.run(
      ["psql", "-X", "-At", "-d", database.url, "-f", "-"], environment: ["PGOPTIONS": nil, "LC_ALL": "C"],
      input: calls.replacing(#"'a\b''c'"#, with: #"E'a\\b''c'"#))
    return output.out + output.err.split(separator: "\n").filter { !$0.contains("DEBUG") }.joined(separator: "\n")
  }

  /// The answers without any odd setting.
  private static let expected = Task { try await answers(try await migratedCopy()) }

  private static func migratedCopy() async throws -> TestDatabase {
    try await TestDatabase.create(from: "odd_settings") { connection in
      let url = connection.settings.url
      let output = try await Installed.run(["migrate", "up"], url: url)
      guard output.status == 0 else { throw Installed.Failed(output.err) }
    }
  }

  @Test("W2: public functions answer alike whatever the caller's session says", arguments: odd.indices)
  func calls(_ index: Int) async throws {
    let setting = Self.odd[index]
    let expected = try await Self.expected.value
    #expect(expected.hasPrefix("t\ninserted\ninserted\nreplaced\ninserted,inserted,refused\n"), "\(expected)")
    let database = try await Self.migratedCopy()
    let connection = try await database.connect()
    try await connection.script(
      "ALTER DATABASE \"\(database.name)\" SET \(setting.name) = \(Self.literal(setting))")
    await connection.close()
    let lines = zip(
      try await Self.answers(database).split(separator: "\n", omittingEmptySubsequences: false),
      expected.split(separator: "\n", omittingEmptySubsequences: false))
    // A notice at the level of debugging shows a line of the statement that it is about.
    let different = lines.filter { $0 != $1 && !$0.hasPrefix("LINE ") }.map { "\($0) instead of \($1)" }
    #expect(different == [], "\(setting.name) = \(setting.value)")
  }

  /// Settings of a database that go together; each group holds one of those that exclude one another.
  static let groups: [[String: String]] = {
    var groups: [[String: String]] = [[:], [:]]
    for (name, value) in odd {
      if groups[0][name] == nil { groups[0][name] = value }
      groups[1][name] = value
    }
    return groups
  }()

  @Test("W2: migrations and daemons work as ever under all of them at once", arguments: groups, [false, true])
  func daemons(_ group: [String: String], _ isRole: Bool) async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    let role = "odd_\(database.name)"
    try await connection.script("CREATE ROLE \(role) LOGIN SUPERUSER")
    let target = isRole ? "ROLE \(role)" : "DATABASE \"\(database.name)\""
    for setting in group {
      try await connection.script(
        "ALTER \(target) SET \(setting.key) = \(Self.literal((setting.key, setting.value)))")
    }
    let url = database.url.replacing("postgres://\(database.server.user)@", with: "postgres://\(role)@")
    for command in [["migrate", "up"], ["migrate", "down", "--to", "0"], ["migrate", "up"]] {
      let output = try await Installed.run(command, url: url)
      #expect(output.status == 0, "\(command): \(output.err)")
    }
    let unchanged = try await Installed.run(["migrate", "up"], url: url)
    #expect(unchanged.out == "up to date\n", "\(unchanged.out)\(unchanged.err)")
    try await connection.enqueueProbes(400)
    let workers = [
      try await Daemon("worker", url: url, environment: Daemon.quick.merging(["TWINMILL_BATCH_LIMIT": "20"]) { $1 }),
      try await Daemon("worker", url: url, environment: Daemon.quick.merging(["TWINMILL_BATCH_LIMIT": "20"]) { $1 }),
    ]
    let scheduler = try await Daemon("scheduler", url: url)
    try await connection.runScheduleOfProbes()
    try await connection.until("SELECT NOT EXISTS (SELECT FROM twinmill.live_jobs WHERE kind = 'probe')")
    for worker in workers { #expect(await worker.stop() == 0, "\(worker.log.suffix(2500))") }
    #expect(await scheduler.stop() == 0)
    for worker in workers {
      let complaints = worker.log.split(separator: "\n").filter {
        // A statement that is broken off as the worker stops is none.
        ($0.contains(#""level":"warning""#) || $0.contains(#""level":"error""#)) && !$0.contains("was cancelled")
      }
      #expect(complaints == [], "\(complaints)")
    }
    let verdict = try await Installed.run(["verify"], url: url)
    #expect(verdict.out.hasSuffix("proven\n"), "\(verdict.out)\(verdict.err)")
    try await connection.script("DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
    await connection.close()
  }
}

extension Connection {
  /// Enqueues probes that write a row each.
  fileprivate func enqueueProbes(_ count: Int) async throws {
    _ = try await query(
      """
      SELECT count(*) FROM twinmill.enqueue_all(ARRAY(
        SELECT twinmill.request('probe', arguments => '{"rows": 1}') FROM generate_series(1, \(Int32(count))::integer)))
      """)
  }
}

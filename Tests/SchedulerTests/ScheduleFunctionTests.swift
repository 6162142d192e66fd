import FoundationEssentials
import Numerics
import Postgres
import ReadModels
import Testing

@testable import Scheduler

@Suite("Schedules in SQL")
struct ScheduleFunctionTests {
  @Test("the database's cron grammar gives the same diagnosis as the scheduler's, for thousands of expressions")
  func differential() async throws {
    try await SchedulerDatabase.with { _, connection in
      try await connection.script(
        """
        CREATE FUNCTION pg_temp.diagnosis(cron text) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE hint text;
        BEGIN
          PERFORM twinmill.check_cron(cron);
          RETURN '';
        EXCEPTION WHEN invalid_parameter_value THEN
          GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
          RETURN sqlerrm || '. ' || hint;
        END $$;
        """)
      var generator = SeededRandom(state: TestSeed.value)
      var texts = BrokenExpressions.all.map(\.0)
      for _ in 0..<(runsEverything ? 40_000 : 2_000) {
        texts.append(ExpressionGenerator.valid(using: &generator))
        texts.append(ExpressionGenerator.broken(using: &generator))
      }
      let sql: SQL = """
        SELECT pg_temp.diagnosis(t.cron) FROM unnest(\(texts)::text[]) WITH ORDINALITY AS t(cron, number)
        ORDER BY t.number
        """
      let answers = try await connection.texts(sql)
      var valid = 0
      for (text, answer) in zip(texts, answers) {
        var mine = ""
        do throws(CronError) {
          _ = try CronExpression(text)
          valid += 1
        } catch {
          mine = error.description
        }
        #expect(answer == mine, "\(text), seed \(TestSeed.value)")
      }
      // Both sorts must be there for the comparison to mean anything.
      #expect(valid > texts.count / 4 && valid < texts.count * 3 / 4)
    }
  }

  /// Arguments after the name, SQLSTATE, message, and a part of the hint.
  static let refusals: [(String, String, String, String)] = [
    ("'s', '61 * * * *', 'probe'", "22023", #"minute field "61": 61 is outside 0-59"#, "0-59"),
    ("'s', '0 0 30 2 *', 'probe'", "22023", #"this never happens: no month in "2" has a day in "30""#, "last day"),
    ("'s', '* * * *', 'probe'", "22023", #"a cron expression has five fields, "* * * *" has 4"#, "minute, hour"),
    ("'s', NULL, 'probe'", "22023", "the cron expression is empty", "minute, hour"),
    ("'s', '@daily', 'nope'", "22023", "unknown kind 'nope'", "probe"),
    ("'s', '@daily', 'probe', time_zone => 'Berlin'", "22023", "unknown time zone 'Berlin'", "'Europe/Berlin'"),
    ("'s', '@daily', 'probe', time_zone => 'Mars/Olympus'", "22023", "unknown time zone 'Mars/Olympus'", "IANA"),
    (
      "'s', '@daily', 'probe', time_zone => 'posix/Europe/Berlin'", "22023", "unknown time zone 'posix/Europe/Berlin'",
      "'Europe/Berlin'"
    ),
    ("'s', '@daily', 'probe', time_zone => 'europe/berlin'", "22023", "unknown time zone 'europe/berlin'", "'Europe/B"),
    ("'s', '@daily', 'probe', time_zone => NULL", "22023", "unknown time zone NULL", "IANA"),
    ("'s', '@daily', 'probe', '[1]'", "22023", "arguments of kind 'probe' must be a JSON object, not array", "{"),
    ("'s', '@daily', 'probe', '{\"x\": 1}'", "22023", #"kind 'probe': arguments have no "x"; known: rows"#, "schema"),
    ("'s', '@daily', 'probe', overlap => 'no'", "22023", "unknown overlap policy 'no'", "queue_one"),
    ("'s', '@daily', 'probe', catch_up => 'no'", "22023", "unknown catch-up policy 'no'", "latest"),
    (
      "'s', '@daily', 'probe', catch_up_limit => 0", "22023", "catch_up_limit must be between 1 and 1000, not 0",
      "missed"
    ),
    ("'s', '@daily', 'probe', jitter => '-1s'", "22023", "jitter must be between 0 and 1 day, not -00:00:01", "delays"),
    ("'s', '@daily', 'probe', enabled => NULL", "22023", "enabled must be true or false, not NULL", "true"),
    ("'a b', '@daily', 'probe'", "22023", "bad schedule name 'a b'", "letters"),
    ("NULL, '@daily', 'probe'", "22023", "bad schedule name NULL", "letters"),
    (
      "'s', '@daily', 'probe', twin => '00000000-0000-0000-0000-00000000000f'", "23503",
      "unknown twin 00000000-0000-0000-0000-00000000000f", "twinmill.twin"
    ),
  ]

  @Test("what could not run is refused with message, hint and SQLSTATE, and nothing is stored")
  func badInput() async throws {
    try await SchedulerDatabase.with { database, connection in
      for (arguments, sqlstate, message, hint) in Self.refusals {
        let (_, error, status) = try await database.psql("SELECT twinmill.schedule(\(arguments));")
        #expect(status != 0)
        #expect(error.contains("ERROR:  \(sqlstate): \(message)\n"), "\(arguments): \(error)")
        #expect(error.split(separator: "\n").contains { $0.hasPrefix("HINT:") && $0.contains(hint) }, "\(error)")
      }
      #expect(try await connection.count("SELECT count(*) FROM twinmill.schedules") == 0)
      for call in ["unschedule", "enable_schedule", "disable_schedule", "run_schedule"] {
        let (_, error, _) = try await database.psql("SELECT twinmill.\(call)('nope');")
        #expect(error.contains("ERROR:  P0002: no schedule 'nope'") && error.contains("HINT:"))
      }
    }
  }

  @Test("a direct UPDATE is guarded like the function")
  func guarded() async throws {
    try await SchedulerDatabase.with { database, connection in
      try await ScheduleEntry(name: "s", cron: "@daily", kind: "probe").put(on: connection)
      let (_, error, _) = try await database.psql("UPDATE twinmill.schedules SET cron = 'x';")
      #expect(error.contains("22023: a cron expression has five fields"))
    }
  }

  @Test("replacing a schedule by the same plan keeps what has been dealt with; another plan starts now")
  func replacing() async throws {
    try await SchedulerDatabase.with { _, connection in
      var entry = ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe")
      try await entry.put(on: connection)
      try await connection.plant("s", since: "2026-01-01Z")
      try await entry.put(on: connection)
      let planned: SQL = "SELECT (planned_until = '2026-01-01Z')::text FROM twinmill.schedules"
      #expect(try await connection.text(planned) == "true")
      entry.cron = "*/2 * * * *"
      try await entry.put(on: connection)
      #expect(try await connection.text("SELECT (planned_until = updated_at)::text FROM twinmill.schedules") == "true")
    }
  }

  @Test("a schedule whose kind is gone can still be disabled, and not enabled again")
  func lostKind() async throws {
    try await SchedulerDatabase.with { database, connection in
      try await ScheduleEntry(name: "s", cron: "@daily", kind: "probe").put(on: connection)
      try await connection.script("DELETE FROM twinmill.kinds")
      try await ScheduleEntry.setEnabled(false, "s", on: connection)
      let (_, error, _) = try await database.psql("SELECT twinmill.enable_schedule('s');")
      #expect(error.contains("22023: unknown kind 'probe'"))
    }
  }

  @Test("entries come back as they were put")
  func roundTrip() async throws {
    try await SchedulerDatabase.with { _, connection in
      var entry = ScheduleEntry(name: "s", cron: "*/5 * * * MON", kind: "probe")
      entry.timeZone = "Europe/Berlin"
      entry.arguments = #"{"rows": 3}"#
      entry.twinID = UUID(uuidString: "00000000-0000-0000-0000-000000000001")
      entry.queue = "slow"
      entry.priority = -3
      entry.overlap = "queue_one"
      entry.catchUp = "all"
      entry.catchUpLimit = 7
      entry.jitterSeconds = 2.5
      entry.isEnabled = false
      try await entry.put(on: connection)
      let stored = try #require(try await ScheduleSummary.list(name: "s", on: connection).first)
      #expect(stored.timeZone == "Europe/Berlin" && stored.arguments == #"{"rows": 3}"# && stored.queue == "slow")
      #expect(stored.twinID == entry.twinID && stored.priority == -3 && stored.overlap == "queue_one")
      #expect(stored.catchUp == "all" && stored.catchUpLimit == 7 && stored.jitterSeconds == 2.5 && !stored.isEnabled)
      try await ScheduleEntry.remove("s", on: connection)
      #expect(try await ScheduleSummary.list(on: connection).isEmpty)
    }
  }

  @Test("the migrations go down and up again on a loaded database")
  func migrations() async throws {
    try await SchedulerDatabase.with { _, connection in
      try await ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe").put(on: connection)
      try await connection.plant("s", since: "2026-01-01Z")
      _ = try await SchedulerDatabase.ticker.tick(on: connection)
      _ = try await SchedulerDatabase.migrator.down(connection, to: 5)
      let left: SQL = """
        SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'twinmill' AND c.relname LIKE 'schedule%'
        """
      #expect(try await connection.count(left) == 0)
      let functions: SQL = """
        SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'twinmill' AND p.proname ~ 'schedule|cron|apply_tick|zone_offset'
        """
      #expect(try await connection.count(functions) == 0)
      _ = try await SchedulerDatabase.migrator.up(connection)
      try await ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe").put(on: connection)
    }
  }

  @Test("no function of the scheduler can be executed by PUBLIC, and each has a comment and a pinned search_path")
  func privileges() async throws {
    try await SchedulerDatabase.with { _, connection in
      let sql: SQL = """
        SELECT p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'twinmill' AND p.proname ~ 'schedule|cron|apply_tick|zone_offset'
          AND (has_function_privilege('public', p.oid, 'EXECUTE') OR obj_description(p.oid) IS NULL
               OR NOT 'search_path=pg_catalog, pg_temp' = ANY (p.proconfig))
        """
      let exposed = try await connection.texts(sql)
      #expect(exposed.isEmpty)
    }
  }
}

import FoundationEssentials
import FoundationInternationalization
import Postgres
import ReadModels
import Testing

@testable import Scheduler

@Suite("Ticks on a server")
struct TickerTests {
  /// Outcomes of a schedule's instants, oldest first, as `HH:MM outcome`.
  private static let outcomes: SQL = """
    SELECT to_char(planned_at AT TIME ZONE 'UTC', 'DD HH24:MI ') || outcome FROM twinmill.schedule_ticks
    ORDER BY schedule, planned_at
    """

  /// Ticks until nothing is due.
  private func settle(_ connection: Connection, ticker: Ticker = SchedulerDatabase.ticker) async throws {
    while try await ticker.tick(on: connection) > 0 {
      let (now, next) = try await ticker.peek(on: connection)
      guard let next, next <= now else { return }
    }
  }

  @Test("a due instant becomes one job with its lineage and one recorded tick; the schedule advances")
  func fires() async throws {
    try await SchedulerDatabase.with { _, connection in
      var entry = ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe")
      entry.arguments = #"{"rows": 3}"#
      entry.queue = "slow"
      entry.priority = 4
      try await entry.put(on: connection)
      try await connection.plant("s", since: "2026-01-01Z")
      #expect(try await SchedulerDatabase.ticker.peek(on: connection).next == .distantPast)
      try await settle(connection)
      let sql: SQL = """
        SELECT (j.schedule = 's' AND j.tick = date_trunc('minute', j.tick) AND j.run_at = j.tick AND j.queue = 'slow'
                AND j.priority = 4 AND j.arguments = '{"rows": 3}' AND j.state = 'ready' AND t.outcome = 'enqueued'
                AND t.planned_at = j.tick AND now() - j.tick < '20 minutes')::text
        FROM twinmill.jobs j JOIN twinmill.schedule_ticks t ON t.job_id = j.job_id
        """
      #expect(try await connection.texts(sql) == ["true"])
      let (now, next) = try await SchedulerDatabase.ticker.peek(on: connection)
      #expect(try #require(next) > now)
      let stored = try #require(try await ScheduleSummary.list(on: connection).first)
      #expect(stored.lastOutcome == "enqueued" && stored.lastError == nil && stored.nextAt == next)
    }
  }

  @Test("eight schedulers at once decide every instant once", .timeLimit(.minutes(30)))
  func noDoubles() async throws {
    try await SchedulerDatabase.with { database, connection in
      let names = (1...6).map { "s\($0)" }
      for name in names {
        var entry = ScheduleEntry(name: name, cron: "* * * * *", kind: "probe")
        entry.overlap = "allow"
        entry.catchUp = "all"
        entry.catchUpLimit = 1_000
        try await entry.put(on: connection)
        try await connection.plant(name, since: "\(Self.minutesAgo(2_000))")
      }
      // Small chunks: many transactions for the same schedules, so that the schedulers meet.
      var ticker = SchedulerDatabase.ticker
      ticker.limits.chunk = 25
      ticker.batch = 2
      let shared = ticker
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let own = try await database.connect()
            while true {
              let taken = try await shared.tick(on: own)
              let (now, next) = try await shared.peek(on: own)
              if taken == 0, let next, next > now { break }
            }
            await own.close()
          }
        }
        try await group.waitForAll()
      }
      for name in names {
        let sql: SQL = """
          SELECT (count(*) >= 1999 AND count(*) = count(DISTINCT planned_at)
                  AND count(*) = (extract(epoch FROM max(planned_at) - min(planned_at)) / 60)::bigint + 1
                  AND count(*) FILTER (WHERE outcome = 'enqueued') >= 1000)::text
          FROM twinmill.schedule_ticks WHERE schedule = \(name)
          """
        #expect(try await connection.text(sql) == "true", "\(name)")
      }
      let doubles: SQL = "SELECT count(*) - count(DISTINCT (schedule, tick)) FROM twinmill.jobs"
      #expect(try await connection.count(doubles) == 0)
      let unmatched: SQL = """
        SELECT count(*) FROM twinmill.jobs j
        FULL JOIN (SELECT * FROM twinmill.schedule_ticks WHERE outcome = 'enqueued') t ON t.job_id = j.job_id
        WHERE j.job_id IS NULL OR t.job_id IS NULL OR j.tick <> t.planned_at
        """
      #expect(try await connection.count(unmatched) == 0)
    }
  }

  private static func minutesAgo(_ minutes: Int) -> String {
    Date(timeIntervalSinceNow: Double(-60 * minutes)).formatted(.iso8601)
  }

  @Test("planting the past again fires nothing twice")
  func noReplay() async throws {
    try await SchedulerDatabase.with { _, connection in
      var entry = ScheduleEntry(name: "s", cron: "0 0 * * *", kind: "probe")
      entry.overlap = "allow"
      entry.catchUp = "all"
      entry.catchUpLimit = 5
      try await entry.put(on: connection)
      for _ in 0..<3 {
        try await connection.plant("s", since: Self.minutesAgo(1_440 * 4))
        try await settle(connection)
        let stored = try #require(try await ScheduleSummary.list(on: connection).first)
        #expect(stored.lastError == nil && stored.lastOutcome == "enqueued")
      }
      #expect(try await connection.count("SELECT count(*) FROM twinmill.jobs") == 4)
    }
  }

  @Test(
    "catch-up and overlap policies do as they say",
    arguments: [
      ("skip", "allow", 0, 4), ("latest", "allow", 1, 3), ("all", "allow", 3, 1), ("all", "skip", 1, 1),
      ("all", "queue_one", 1, 1),
    ])
  func policies(catchUp: String, overlap: String, jobs: Int, missed: Int) async throws {
    try await SchedulerDatabase.with { _, connection in
      // Daily at a minute that is twelve hours away: four instants in the last four days, none of them on time.
      let minute = (Int(Date().timeIntervalSince1970) / 60 + 720) % 1_440
      var entry = ScheduleEntry(name: "s", cron: "\(minute % 60) \(minute / 60) * * *", kind: "probe")
      entry.catchUp = catchUp
      entry.catchUpLimit = 3
      entry.overlap = overlap
      try await entry.put(on: connection)
      try await connection.plant("s", since: Self.minutesAgo(4 * 1_440))
      try await settle(connection)
      #expect(try await connection.count("SELECT count(*) FROM twinmill.jobs") == jobs)
      #expect(
        try await connection.count("SELECT count(*) FROM twinmill.schedule_ticks WHERE outcome = 'missed'") == missed)
      #expect(try await connection.count("SELECT count(*) FROM twinmill.schedule_ticks") == 4)
    }
  }

  @Test("overlap counts the schedule's own unfinished jobs: live, running, and enqueued by hand")
  func overlap() async throws {
    try await SchedulerDatabase.with { _, connection in
      var entry = ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe")
      try await entry.put(on: connection)
      try await ScheduleEntry(name: "other", cron: "@yearly", kind: "probe").put(on: connection)
      _ = try await ScheduleEntry.run("other", on: connection)
      let id = try await ScheduleEntry.run("s", on: connection)
      try await connection.plant("s", since: Self.minutesAgo(2))
      try await settle(connection)
      let skipped: SQL = "SELECT count(*) FROM twinmill.schedule_ticks WHERE outcome = 'skipped'"
      #expect(try await connection.count(skipped) == 1)
      #expect(try await connection.count("SELECT count(*) FROM twinmill.jobs WHERE schedule = 's'") == 1)

      // One runs: with queue_one the next may wait, the one after it may not.
      entry.overlap = "queue_one"
      try await entry.put(on: connection)
      _ = try await connection.query(
        """
        INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids)
        SELECT gen_random_uuid(), gen_random_uuid(), lane, false, job_id, ARRAY[job_id]
        FROM twinmill.live_jobs WHERE job_id = \(id)
        """)
      try await connection.script("DELETE FROM twinmill.schedule_ticks")
      try await connection.plant("s", since: Self.minutesAgo(2))
      try await settle(connection)
      #expect(try await connection.count("SELECT count(*) FROM twinmill.jobs WHERE schedule = 's'") == 2)
      try await connection.script("DELETE FROM twinmill.schedule_ticks")
      try await connection.plant("s", since: Self.minutesAgo(2))
      try await settle(connection)
      #expect(try await connection.count("SELECT count(*) FROM twinmill.jobs WHERE schedule = 's'") == 2)
      #expect(try await connection.count(skipped) == 1)
    }
  }

  @Test("a time in a gap and a time in a fold each make one tick at the documented instant")
  func daylightSaving() async throws {
    try await SchedulerDatabase.with { _, connection in
      for (name, cron) in [("daily", "30 2 * * *"), ("often", "*/30 * * * *")] {
        var entry = ScheduleEntry(name: name, cron: cron, kind: "probe")
        entry.timeZone = "Europe/Berlin"
        try await entry.put(on: connection)
      }
      var ticker = SchedulerDatabase.ticker
      ticker.limits.retention = .seconds(3_650 * 86_400)
      let limits = ticker.limits
      let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
      // The plan is made for a past "now": a clock change cannot be waited for.
      func apply(_ name: String, _ cron: String, from: String, to: String) async throws {
        let schedule = Schedule(
          name: name, cron: try CronExpression(cron), timeZone: berlin, overlap: .allow, catchUp: .all(limit: 100),
          plannedUntil: try Date(from, strategy: .iso8601))
        let plan = TickPlan(schedule, now: try Date(to, strategy: .iso8601), limits: limits)
        let row = try await connection.query(Ticker.statement(for: plan, of: schedule, retryAt: Date())).only()
        let (_, error) = try row.decode(Int32.self, String?.self)
        #expect(error == nil)
      }
      try await apply("daily", "30 2 * * *", from: "2026-03-28T12:00:00Z", to: "2026-03-29T12:00:00Z")
      try await apply("daily", "30 2 * * *", from: "2026-10-24T12:00:00Z", to: "2026-10-25T12:00:00Z")
      #expect(try await connection.texts(Self.outcomes) == ["29 01:00 enqueued", "25 00:30 enqueued"])
      try await connection.script("DELETE FROM twinmill.schedule_ticks")
      try await apply("often", "*/30 * * * *", from: "2026-10-25T00:00:00Z", to: "2026-10-25T02:00:00Z")
      #expect(
        try await connection.texts(Self.outcomes) == [
          "25 00:30 enqueued", "25 01:00 enqueued", "25 01:30 enqueued", "25 02:00 enqueued",
        ])
    }
  }

  @Test("a schedule that cannot be planned or enqueued says why; the others go on")
  func faults() async throws {
    try await SchedulerDatabase.with { _, connection in
      for name in ["bad_zone", "gone_kind", "good"] {
        var entry = ScheduleEntry(name: name, cron: "* * * * *", kind: "probe")
        entry.overlap = "allow"
        try await entry.put(on: connection)
      }
      try await connection.script(
        """
        ALTER TABLE twinmill.schedules DISABLE TRIGGER guard;
        UPDATE twinmill.schedules SET time_zone = 'posix/UTC' WHERE name = 'bad_zone';
        UPDATE twinmill.schedules SET kind = 'gone' WHERE name = 'gone_kind';
        ALTER TABLE twinmill.schedules ENABLE TRIGGER guard;
        UPDATE twinmill.schedules SET planned_until = now() - interval '2 minutes', next_at = NULL;
        """)
      #expect(try await SchedulerDatabase.ticker.tick(on: connection) == 3)
      #expect(
        try await connection.texts("SELECT coalesce(last_error, '') FROM twinmill.schedules ORDER BY name") == [
          #"the scheduler has no rules for time zone "posix/UTC"; use another name for it"#, "unknown kind 'gone'", "",
        ])
      #expect(try await connection.texts("SELECT DISTINCT schedule FROM twinmill.jobs") == ["good"])
      // Tried again later, not at once; an edit is tried at once and clears the error.
      #expect(try await SchedulerDatabase.ticker.tick(on: connection) == 0)
      try await ScheduleEntry(name: "bad_zone", cron: "* * * * *", kind: "probe").put(on: connection)
      #expect(try await SchedulerDatabase.ticker.tick(on: connection) == 1)
      #expect(try #require(try await ScheduleSummary.list(name: "bad_zone", on: connection).first).lastError == nil)
    }
  }

  @Test("the time in which a schedule was disabled is not made up for")
  func disabled() async throws {
    try await SchedulerDatabase.with { _, connection in
      try await ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe").put(on: connection)
      try await ScheduleEntry.setEnabled(false, "s", on: connection)
      try await connection.plant("s", since: Self.minutesAgo(60))
      #expect(try await SchedulerDatabase.ticker.tick(on: connection) == 0)
      #expect(try await SchedulerDatabase.ticker.peek(on: connection).next == nil)
      try await ScheduleEntry.setEnabled(true, "s", on: connection)
      let early: SQL = "SELECT count(*) FROM twinmill.schedules WHERE planned_until < now() - interval '1 minute'"
      #expect(try await connection.count(early) == 0)
      // Enabling what is enabled changes nothing.
      try await connection.plant("s", since: Self.minutesAgo(60))
      try await ScheduleEntry.setEnabled(true, "s", on: connection)
      #expect(try await connection.count(early) == 1)
    }
  }

  @Test("a row that somebody edits is left for the next look, not waited for")
  func lockedRow() async throws {
    try await SchedulerDatabase.with { database, connection in
      try await ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe").put(on: connection)
      let editor = try await database.connect()
      try await editor.script("BEGIN; SELECT * FROM twinmill.schedules FOR UPDATE;")
      #expect(try await SchedulerDatabase.ticker.tick(on: connection) == 0)
      try await editor.script("COMMIT")
      await editor.close()
      #expect(try await SchedulerDatabase.ticker.tick(on: connection) == 1)
    }
  }

  @Test("ticks older than the retention are deleted in bounded statements")
  func pruning() async throws {
    try await SchedulerDatabase.with { _, connection in
      try await connection.script(
        """
        INSERT INTO twinmill.schedule_ticks (schedule, planned_at, outcome)
        SELECT 's', now() - i * interval '1 day', 'missed' FROM generate_series(1, 100) AS i
        """)
      var ticker = SchedulerDatabase.ticker
      ticker.pruningBatch = 4
      #expect(try await ticker.prune(on: connection))
      #expect(try await ticker.prune(on: connection))
      #expect(try await !ticker.prune(on: connection))
      #expect(try await connection.count("SELECT count(*) FROM twinmill.schedule_ticks") == 89)
    }
  }

  @Test("the job's delay is the jitter of the schedule and the instant")
  func jitter() async throws {
    try await SchedulerDatabase.with { _, connection in
      var entry = ScheduleEntry(name: "s", cron: "* * * * *", kind: "probe")
      entry.jitterSeconds = 3_600
      try await entry.put(on: connection)
      try await connection.plant("s", since: Self.minutesAgo(2))
      try await settle(connection)
      let sql: SQL = "SELECT tick, run_at FROM twinmill.jobs WHERE run_at > tick"
      let (tick, runAt) = try await connection.query(sql).only().decode(Date.self, Date.self)
      let schedule = Schedule(
        name: "s", cron: try CronExpression("* * * * *"), timeZone: .gmt, jitter: .seconds(3_600), plannedUntil: tick)
      #expect(abs(runAt.timeIntervalSince(tick) - schedule.delay(of: tick) / .seconds(1)) < 0.001)
    }
  }

  @Test("counting a schedule's unfinished jobs never reads the whole jobs table")
  func plans() async throws {
    try await SchedulerDatabase.with { _, connection in
      try await connection.script(
        """
        INSERT INTO twinmill.live_jobs (state, max_attempts, kind, lane, arguments, run_at, requested_by, schedule)
        SELECT 'ready', 5, 'probe', twinmill.lane('default', 'probe', '', 0), '{}', now(), 'x', CASE WHEN i % 100 = 0 THEN 's' || i % 7 END
        FROM generate_series(1, 50000) AS i;
        ANALYZE twinmill.live_jobs;
        SET plan_cache_mode = force_generic_plan;
        """)
      try await connection.script("PREPARE counting (text[]) AS \(Statements.unfinishedJobs.text)")
      let plan = try await connection.texts("EXPLAIN EXECUTE counting('{s1,s2}')").joined(separator: "\n")
      #expect(plan.contains("jobs_schedule") && !plan.contains("Seq Scan on live_jobs"), "\(plan)")
    }
  }
}

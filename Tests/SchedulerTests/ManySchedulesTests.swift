import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Scheduler

@Suite("Many schedules", .schedulerDatabase)
struct ManySchedulesTests: DatabaseSuite {
  private func settle() async throws {
    let ticker = SchedulerDatabase.ticker
    while try await ticker.tick(on: connection) > 0 {
      let (now, next) = try await ticker.peek(on: connection)
      guard let next, next <= now else { return }
    }
  }

  /// Makes schedules that were due at the last midnight, in three zones.
  private func make(_ count: Int) async throws {
    try await connection.script(
      """
      SELECT count(twinmill.schedule('s' || g, '0 0 * * *', 'probe', arguments => jsonb_build_object('rows', g),
        time_zone => (ARRAY['UTC', 'Europe/Berlin', 'Asia/Tokyo'])[1 + g % 3])) FROM generate_series(1, \(count)) AS g;
      UPDATE twinmill.schedules SET next_at = NULL, planned_until = now() - interval '24 hours';
      """)
  }

  @Test("D6: all that are due at once run once each, with their own lineage, and go on to their next instants")
  func midnight() async throws {
    try await make(1_200)
    // Each of these is left out of the common statement, for another reason.
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', unique_key => 'taken');
      UPDATE twinmill.live_jobs SET unique_key = format('twinmill:schedule:s3:%s',
        to_char(date_trunc('day', now() AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) WHERE unique_key = 'taken';
      INSERT INTO twinmill.schedule_ticks (schedule, planned_at, outcome)
      VALUES ('s6', date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', 'missed');
      ALTER TABLE twinmill.schedules DISABLE TRIGGER guard;
      UPDATE twinmill.schedules SET arguments = '{"rows": "many"}' WHERE name = 's9';
      UPDATE twinmill.schedules SET twin_id = '00000000-0000-0000-0000-000000000002' WHERE name = 's12';
      UPDATE twinmill.schedules SET twin_id = '00000000-0000-0000-0000-000000000001' WHERE name = 's15';
      UPDATE twinmill.schedules SET queue = 'bad name' WHERE name = 's18';
      ALTER TABLE twinmill.schedules ENABLE TRIGGER guard;
      """)
    try await settle()
    let outcomes = try await connection.texts(
      """
      SELECT outcome || ' ' || count(*) || ' ' || count(DISTINCT schedule) FROM twinmill.schedule_ticks
      GROUP BY outcome ORDER BY outcome
      """)
    #expect(outcomes == ["enqueued 1195 1195", "merged 1 1", "missed 1 1"])
    let wrong = try await connection.count(
      """
      SELECT count(*) FROM twinmill.jobs j
      LEFT JOIN twinmill.schedules s ON s.name = j.schedule
      LEFT JOIN twinmill.schedule_ticks t ON t.job_id = j.job_id
      WHERE j.schedule IS NOT NULL AND (
        j.arguments <> s.arguments OR j.tick <> t.planned_at OR j.run_at <> j.tick OR j.schedule <> t.schedule
        OR j.twin_id IS DISTINCT FROM s.twin_id OR j.max_attempts <> 5 OR j.requested_by <> session_user
        OR j.tick AT TIME ZONE s.time_zone <> date_trunc('day', j.tick AT TIME ZONE s.time_zone)
        OR j.unique_key <> format('twinmill:schedule:%s:%s', s.name,
             to_char(j.tick AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
      """)
    #expect(wrong == 0)
    let failed = try await connection.texts(
      "SELECT name FROM twinmill.schedules WHERE last_error IS NOT NULL ORDER BY name")
    #expect(failed == ["s12", "s18", "s9"])
    let behind = try await connection.count(
      "SELECT count(*) FROM twinmill.schedules WHERE next_at IS NULL OR next_at <= now()")
    #expect(behind == 0)
    // Nothing is enqueued twice.
    let jobs = try await connection.count("SELECT count(*) FROM twinmill.jobs")
    try await connection.script("UPDATE twinmill.schedules SET next_at = NULL WHERE last_error IS NULL")
    try await settle()
    #expect(try await connection.count("SELECT count(*) FROM twinmill.jobs") == jobs)
  }

  @Test("D6: a tick takes what is due in order of the index, without a sort of all that is due")
  func plan() async throws {
    try await make(3_000)
    try await connection.script("ANALYZE twinmill.schedules")
    let plan = try await connection.texts(
      SQL(stringLiteral: "EXPLAIN " + Statements.due.text.replacing("$1::integer", with: "500")))
    #expect(plan.contains { $0.contains("schedules_due") } && !plan.contains { $0.contains("Sort") }, "\(plan)")
  }

  @Test(
    "D6: a zone is known by its own name alone, without a look at all zones' files",
    arguments: [
      ("UTC", true), ("Europe/Berlin", true), ("America/Port-au-Prince", true), ("W-SU", true), ("NZ-CHAT", true),
      ("EST5EDT", true), ("Etc/GMT+5", true), ("CET", true), ("europe/berlin", false), ("utc", false), ("EST5", false),
      ("Foo/Bar5", false), ("PST", false), ("posix/Europe/Berlin", false), ("localtime", false), ("Factory", false),
      ("", false), ("infinity", false), ("interval 'x'", false), ("interval '1 hour'", false), ("Berlin", false),
    ])
  func zones(_ zone: String, _ isKnown: Bool) async throws {
    let before = try await connection.text("SHOW TimeZone")
    do {
      _ = try await connection.query("SELECT twinmill.schedule('z', '@daily', 'probe', time_zone => \(zone))")
      #expect(isKnown, "\(zone)")
    } catch {
      #expect(!isKnown && error.sqlstate == "22023", "\(zone): \(error)")
      #expect(error.hint != nil)
    }
    #expect(try await connection.text("SHOW TimeZone") == before)
  }

  @Test(
    "instants that are kept are those that the expression gives",
    arguments: ["UTC", "Europe/Berlin", "Australia/Lord_Howe"])
  func instants(_ name: String) throws {
    let instants = PlannedInstants()
    let zone = try #require(instants.zone(named: name))
    for text in ["0 0 * * *", "30 2 * * *", "*/15 * * * *", "0 0 29 2 *"] {
      let cron = try instants.expression(text)
      for step in 0..<400 {
        // From before 1972 on, over all hours, on and beside whole minutes.
        let date = Date(timeIntervalSince1970: Double(step) * 4_000_001.5 + (step % 3 == 0 ? 0.5 : 0))
        for date in [date, date.addingTimeInterval(29), date.addingTimeInterval(61)] {
          #expect(
            instants.next(cron, text: text, in: zone, named: name, after: date)
              == cron.next(after: date, in: zone.timeZone))
        }
      }
    }
    #expect(instants.zone(named: "Nowhere/None") == nil)
    #expect(throws: CronError.self) { try instants.expression("no") }
    #expect(throws: CronError.self) { try instants.expression("no") }
  }
}

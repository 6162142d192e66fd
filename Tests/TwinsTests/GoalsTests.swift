import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

@Suite("Goals: local days, adherence, streaks", .dropsDatabases)
struct GoalsTests {
  private static let user = "11111111-1111-1111-1111-111111111111"
  private static let goal = "22222222-2222-2222-2222-222222222222"

  /// A member of this zone with one goal.
  private func member(zone: String?, frequency: String = "daily", start: String) async throws -> DomainDatabase {
    let test = try await DomainDatabase.create()
    _ = try await test.connection.query(
      "INSERT INTO goals.users (id, name, time_zone) VALUES (\(Self.user)::text::uuid, 'Ann', \(zone))")
    _ = try await test.connection.query(
      """
      INSERT INTO goals.goals (id, user_id, title, frequency, start_date)
      VALUES (\(Self.goal)::text::uuid, \(Self.user)::text::uuid, 'Run', \(frequency), \(start)::text::date)
      """)
    return test
  }

  private func checkIn(_ test: DomainDatabase, _ instants: [String], completed: Bool = true) async throws {
    _ = try await test.connection.query(
      """
      INSERT INTO goals.checkins (goal_id, user_id, completed, timestamp)
      SELECT \(Self.goal)::text::uuid, \(Self.user)::text::uuid, \(completed), t::timestamptz FROM unnest(\(instants)) AS t
      """)
  }

  @Test("days are the member's own: a day of 23 hours is one day, and midnight is local")
  func daylightSaving() async throws {
    let test = try await member(zone: "Europe/Berlin", start: "2024-03-25")
    try await checkIn(
      test,
      [
        "2024-03-25 12:00 Europe/Berlin", "2024-03-26 12:00 Europe/Berlin", "2024-03-28 08:00 Europe/Berlin",
        "2024-03-28 20:00 Europe/Berlin", "2024-03-30 23:59 Europe/Berlin", "2024-03-31 00:30 Europe/Berlin",
        "2024-04-01 23:30 Europe/Berlin", "2024-04-02 12:00 Europe/Berlin", "infinity",
      ])
    try await checkIn(test, ["2024-03-27 12:00 Europe/Berlin", "2024-03-28 21:00 Europe/Berlin"], completed: false)
    let history = try await test.history("goals", Self.user, until: "2024-04-04")
    #expect(
      history.days("adherence") == [
        "03-25 100.0", "03-26 100.0", "03-27 0.0", "03-28 100.0", "03-29 0.0", "03-30 100.0", "03-31 100.0",
        "04-01 100.0", "04-02 100.0", "04-03 0.0",
      ])
    #expect(history.values("streak_days") == [1, 2, 0, 1, 0, 1, 2, 3, 4, 0])
    #expect(history.days("adherence_30d").last == "04-03 70.0")
    #expect(history.days("adherence_30d")[2] == "03-27 66.67")
    #expect(history.days("checkin_hour").prefix(3) == ["03-25 12.0", "03-26 12.0", "03-28 14.0"])
  }

  @Test(
    "the day is the zone's, wherever it is; what is no zone is UTC",
    arguments: [
      ("Pacific/Kiritimati", "2024-01-02 0 1"), ("Pacific/Pago_Pago", "2024-01-01 1 0"),
      ("Asia/Kathmandu", "2024-01-01 1 0"), ("Australia/Lord_Howe", "2024-01-01 1 0"),
      ("Mars/Phobos", "2024-01-01 1 0"),
      (nil, "2024-01-01 1 0"), ("", "2024-01-01 1 0"),
    ] as [(String?, String)])
  func zones(zone: String?, expected: String) async throws {
    let test = try await member(zone: zone, start: "2024-01-01")
    // 00:30 of the next day in Kiritimati (UTC+14), 23:30 of the day before in Pago Pago (UTC-11).
    try await checkIn(test, [zone == "Pacific/Pago_Pago" ? "2024-01-02 10:30 UTC" : "2024-01-01 10:30 UTC"])
    let days = try await test.history("goals", Self.user, until: "2024-01-03").values("adherence")
    let parts = expected.split(separator: " ")
    #expect(days == [Double(parts[1]), Double(parts[2])].map { ($0 ?? -1) * 100 })
  }

  @Test("a date that the zone never had is not due: Samoa had no 30 December 2011")
  func missingDate() async throws {
    let test = try await member(zone: "Pacific/Apia", start: "2011-12-28")
    try await checkIn(
      test,
      [
        "2011-12-28 20:00 Pacific/Apia", "2011-12-29 20:00 Pacific/Apia", "2011-12-31 20:00 Pacific/Apia",
        "2012-01-01 20:00 Pacific/Apia",
      ])
    let history = try await test.history("goals", Self.user, until: "2012-01-02")
    #expect(history.days("streak_days") == ["12-28 1.0", "12-29 2.0", "12-31 3.0", "01-01 4.0"])
  }

  @Test("a week's target is judged on its last day, the first week by its share of days")
  func weekly() async throws {
    let test = try await member(zone: nil, frequency: "weekly", start: "2024-01-03")
    try await checkIn(test, ["2024-01-04 09:00 UTC", "2024-01-16 09:00 UTC"])
    var history = try await test.history("goals", Self.user, until: "2024-01-24")
    #expect(history.days("adherence") == ["01-07 100.0", "01-14 0.0", "01-21 100.0"])
    // 5/7 + 0 + 1 of 5/7 + 1 + 1.
    let month = try #require(history.values("adherence_30d").last)
    #expect(abs(month - 1200.0 / 19) < 1e-9)
    #expect(history.days("streak_days").last == "01-23 1.0")
    // Twice a week: once is half of it.
    try await test.connection.script(
      """
      INSERT INTO goals.habits (goal_id, title, frequency, schedule)
      VALUES ('\(Self.goal)', 'h', 'weekly', '{"times_per_week": "2"}')
      """)
    history = try await test.history("goals", Self.user, until: "2024-01-24")
    #expect(history.days("adherence") == ["01-07 70.0", "01-14 0.0", "01-21 50.0"])
  }

  @Test(
    "habits' schedules say on which days a goal is due",
    arguments: [
      (#"{"days": ["Mon", "wednesday", 5]}"#, "daily", "01-01 01-03 01-05"),
      (#"["sat", "SUNDAY "]"#, nil, "01-06 01-07"),
      (#"{"days": "weekdays"}"#, "custom", "01-01 01-02 01-03 01-04 01-05"), (#"{"days": [0, 6]}"#, nil, "01-06 01-07"),
      (#"{"days": "every day", "time": "07:00"}"#, nil, "01-01 01-02 01-03 01-04 01-05 01-06 01-07"),
      // Nothing to go by: the habit's frequency, else the goal's, which is daily.
      (#"{"days": ["\u0000"]}"#, "daily", "01-01 01-02 01-03 01-04 01-05 01-06 01-07"),
      (#"{"days": ["someday"]}"#, nil, "01-01 01-02 01-03 01-04 01-05 01-06 01-07"),
      (#"{"days": {"mon": 1}}"#, "custom", "01-01 01-02 01-03 01-04 01-05 01-06 01-07"),
      ("[]", nil, "01-01 01-02 01-03 01-04 01-05 01-06 01-07"), ("5", nil, "01-01 01-02 01-03 01-04 01-05 01-06 01-07"),
      (nil, "weekly", "01-07"), (#"{"times_per_week": 3}"#, "custom", "01-07"),
    ] as [(String?, String?, String)])
  func schedules(schedule: String?, frequency: String?, due: String) async throws {
    let test = try await member(zone: nil, start: "2024-01-01")
    _ = try await test.connection.query(
      """
      INSERT INTO goals.habits (goal_id, title, frequency, schedule)
      VALUES (\(Self.goal)::text::uuid, 'h', \(frequency), \(schedule)::text::json)
      """)
    let days = try await test.history("goals", Self.user, until: "2024-01-08").days("adherence")
    #expect(days == due.split(separator: " ").map { "\($0) 0.0" })
  }

  @Test("goals that ended, or whose frequency says nothing, are not due; several share the day")
  func severalGoals() async throws {
    let test = try await member(zone: nil, start: "2024-01-01")
    try await test.connection.script(
      """
      INSERT INTO goals.goals (user_id, title, frequency, start_date, end_date) VALUES
        ('\(Self.user)', 'b', 'daily', '2024-01-02', '2024-01-03'), ('\(Self.user)', 'c', 'custom', '2024-01-01', NULL),
        ('\(Self.user)', 'd', 'sometimes', 'infinity', NULL), (gen_random_uuid(), 'e', 'daily', '2024-01-01', NULL)
      """)
    try await checkIn(test, ["2024-01-01 09:00 UTC", "2024-01-02 09:00 UTC", "2024-01-04 09:00 UTC"])
    let history = try await test.history("goals", Self.user, until: "2024-01-05")
    #expect(history.values("adherence") == [100, 50, 0, 100])
    #expect(history.values("streak_days") == [1, 0, 0, 1])
    #expect(history.values("adherence_30d") == [100, 200.0 / 3, 40, 50])
  }

  @Test("moods are daily means, what is none is skipped; messages and entries are counted, also the days without")
  func journal() async throws {
    let test = try await member(zone: nil, start: "2024-01-01")
    try await test.connection.script(
      """
      INSERT INTO goals.journal_entries (user_id, sentiment_score, created_at) VALUES
        ('\(Self.user)', 0.5, '2024-01-01 08:00 UTC'), ('\(Self.user)', -0.1, '2024-01-01 20:00 UTC'),
        ('\(Self.user)', NULL, '2024-01-02 08:00 UTC'), ('\(Self.user)', 'NaN', '2024-01-02 08:00 UTC'),
        ('\(Self.user)', 2, '2024-01-02 08:00 UTC'), ('\(Self.user)', '-Infinity', '2024-01-03 08:00 UTC');
      INSERT INTO goals.messages (user_id, is_ai, created_at) VALUES
        ('\(Self.user)', false, '2024-01-01 08:00 UTC'), ('\(Self.user)', NULL, '2024-01-01 09:00 UTC'),
        ('\(Self.user)', true, '2024-01-01 10:00 UTC'), ('\(Self.user)', false, '2024-01-04 08:00 UTC')
      """)
    let history = try await test.history("goals", Self.user, until: "2024-01-05")
    #expect(history.days("journal_sentiment") == ["01-01 0.2"])
    #expect(history.skipped("journal_sentiment") == 3)
    #expect(history.values("journal_entries") == [2, 3, 1, 0] && history.values("messages") == [2, 0, 0, 1])
    let part = try await test.history("goals", Self.user, from: "2024-01-02", until: "2024-01-04")
    #expect(part.values("messages") == [0, 0])
  }

  @Test("today is not over: it has no value yet")
  func today() async throws {
    let test = try await member(zone: "Pacific/Kiritimati", start: "2024-01-01")
    try await checkIn(test, ["now"])
    let last = try #require(try await test.history("goals", Self.user).observations.first { $0.metric == "adherence" })
    let yesterday: Date = try await test.connection.value(
      "SELECT ((now() AT TIME ZONE 'Pacific/Kiritimati')::date - 1)::timestamp AT TIME ZONE 'UTC'")
    #expect(last.observedAt.last == yesterday && last.values.last == 0)
  }

  @Test("nothing known of a member is no error")
  func nothing() async throws {
    let test = try await DomainDatabase.create()
    try await test.connection.script("INSERT INTO goals.users (id) VALUES ('\(Self.user)')")
    for subject in [Self.user, Self.goal, "no uuid", "11111111111111111111111111111111"] {
      let history = try await test.history("goals", subject)
      #expect(history.observations.isEmpty && history.events.isEmpty && history.hasTables)
    }
  }

  @Test("goals, accepted plan changes and mentors are events, at the local time; what is to come has not happened")
  func events() async throws {
    let test = try await member(zone: "Pacific/Kiritimati", start: "2024-01-05")
    try await test.connection.script(
      """
      UPDATE goals.goals SET end_date = '2024-02-01';
      INSERT INTO goals.goals (user_id, title, start_date, created_at) VALUES
        ('\(Self.user)', '  ', '-infinity', '2024-01-10 20:00 UTC'), ('\(Self.user)', 'later', '2999-01-01', now());
      UPDATE goals.goals SET id = '\(Self.user)' WHERE title = '  ';
      INSERT INTO goals.goal_plan_suggestions (goal_id, user_id, suggestion_type, accepted, created_at) VALUES
        ('\(Self.goal)', '\(Self.user)', 'new_habit', true, '2024-01-06 12:00 UTC'),
        ('\(Self.goal)', '\(Self.user)', 'adjustment', false, '2024-01-07 UTC'),
        ('\(Self.goal)', '\(Self.user)', 'adjustment', NULL, '2024-01-08 UTC');
      INSERT INTO goals.mentor_interactions (patient_id, mode, created_at) VALUES
        ('\(Self.user)', 'deep_dive', '2024-01-20 UTC'), ('\(Self.user)', NULL, '2024-01-21 UTC')
      """)
    let history = try await test.history("goals", Self.user)
    #expect(
      history.eventLines == [
        "01-05 goal_started Run", "01-07 02:00 plan_change new_habit", "01-11 goal_started \(Self.user)",
        "01-20 14:00 mentor_interaction deep_dive", "01-21 14:00 mentor_interaction ", "02-02 goal_stopped Run",
      ])
  }

  @Test("a member is marked by whatever is written of them, also through their goals")
  func marks() async throws {
    let test = try await member(zone: nil, start: "2024-01-01")
    _ = try await test.marks()
    let statements = [
      "users": "UPDATE goals.users SET time_zone = 'UTC'", "goals": "UPDATE goals.goals SET end_date = '2024-02-01'",
      "habits": "INSERT INTO goals.habits (goal_id, title) VALUES ('\(Self.goal)', 'h')",
      "checkins":
        "INSERT INTO goals.checkins (goal_id, user_id, completed) VALUES ('\(Self.goal)', '\(Self.user)', true)",
      "messages": "INSERT INTO goals.messages (user_id) VALUES ('\(Self.user)'), (NULL)",
      "journal_entries": "INSERT INTO goals.journal_entries (user_id) VALUES ('\(Self.user)')",
      "goal_plan_suggestions":
        "INSERT INTO goals.goal_plan_suggestions (goal_id, user_id) VALUES ('\(Self.goal)', '\(Self.user)')",
      "mentor_interactions": "INSERT INTO goals.mentor_interactions (patient_id) VALUES ('\(Self.user)')",
    ]
    for (table, statement) in statements {
      try await test.connection.script(statement)
      #expect(try await test.marks() == ["\(table) 1"])
    }
    try await test.connection.script("DELETE FROM goals.habits")
    #expect(try await test.marks() == ["habits 1"])
    try await test.connection.script(
      "INSERT INTO goals.habits (goal_id, title) VALUES (gen_random_uuid(), 'nobody''s')")
    #expect(try await test.marks() == [])
  }
}

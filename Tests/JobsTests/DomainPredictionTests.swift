import FoundationEssentials
import Jobs
import Postgres
import Queue
import TestServer
import Testing
import Twins

@Suite("Predictions of every kind of twin", .dropsDatabases)
struct DomainPredictionTests {
  /// Histories as applications write them, with a pattern and a little that is none.
  private static let histories = [
    "reactor": """
    INSERT INTO reactors (name, type) VALUES ('one', 'CANDU');
    INSERT INTO telemetry (reactor_id, timestamp, neutron_flux, core_temperature, pressure, vibration, tritium_level)
    SELECT 1, '2024-01-01 UTC'::timestamptz + n * interval '1 min', 1.2e13 + 1e11 * sin(n / 10.0), 280 + n % 7,
      CASE WHEN n % 50 = 0 THEN 'NaN' ELSE 12 + (n * 7919 % 100) / 100.0 END, 2 + (n * 104729 % 100) / 200.0,
      450 + n % 13
    FROM generate_series(1, 300) n;
    """,
    "goals": """
    INSERT INTO goals.users (id, time_zone) VALUES ('11111111-1111-1111-1111-111111111111', 'Pacific/Kiritimati');
    INSERT INTO goals.goals (id, user_id, title, frequency, start_date)
    VALUES ('22222222-2222-2222-2222-222222222222', '11111111-1111-1111-1111-111111111111', 'Run', 'daily',
      now()::date - 90);
    INSERT INTO goals.checkins (goal_id, user_id, completed, timestamp)
    SELECT '22222222-2222-2222-2222-222222222222', '11111111-1111-1111-1111-111111111111', n % 7 < 5,
      now() - n * interval '1 day' FROM generate_series(1, 88) n;
    INSERT INTO goals.journal_entries (user_id, sentiment_score, created_at)
    SELECT '11111111-1111-1111-1111-111111111111', sin(n), now() - n * interval '1 day' FROM generate_series(1, 88) n;
    """,
    "tasks": """
    INSERT INTO tasks.users (user_id) VALUES ('ann');
    INSERT INTO tasks.tasks (user_id, title, completed, created_at, completed_at, due_at)
    SELECT 'ann', 't', n % 4 > 0, o, CASE WHEN n % 4 > 0 THEN o + n % 50 * interval '1 hour' END, o + interval '1 day'
    FROM generate_series(200, 1, -1) n, LATERAL (SELECT now() - (2 * 24 + n * 11) * interval '1 hour') AS s (o);
    INSERT INTO tasks.messages (user_id, conversation_id, role, content, created_at)
    SELECT 'ann', n / 5, CASE n % 2 WHEN 0 THEN 'user' ELSE 'assistant' END, '', now() - n * interval '7 hours'
    FROM generate_series(1, 300) n;
    """,
    "propositions": """
    INSERT INTO propositions.users (id, username, email)
    VALUES ('11111111-1111-1111-1111-111111111111', 'ann', 'ann@example.org');
    INSERT INTO propositions.propositions (type, status, confidence_score)
    SELECT 'offer', 'active', n / 10.0 FROM generate_series(1, 9) n;
    INSERT INTO propositions.interactions (user_id, proposition_id, interaction_type, timestamp)
    SELECT '11111111-1111-1111-1111-111111111111', p.id, (ARRAY['view', 'view', 'click', 'sing'])[1 + n % 4],
      now() - n * interval '5 hours'
    FROM generate_series(1, 400) n
    JOIN (SELECT id, row_number() OVER () AS number FROM propositions.propositions) p ON p.number = 1 + n % 9;
    INSERT INTO propositions.features VALUES ('33333333-3333-3333-3333-333333333333', 'recency');
    INSERT INTO propositions.user_features (user_id, feature_id, value, timestamp)
    SELECT '11111111-1111-1111-1111-111111111111', '33333333-3333-3333-3333-333333333333', to_jsonb(n % 9),
      now() - n * interval '1 day' FROM generate_series(1, 60) n;
    """,
  ]

  @Test(
    "what an application writes makes a twin, marks it, and is predicted, within the metrics' bounds",
    arguments: [
      ("reactor", 60, "core_temperature health_score neutron_flux pressure tritium_level vibration"),
      ("goals", 30, "adherence adherence_30d journal_sentiment streak_days"),
      (
        "tasks", 30,
        "completion_hours tasks_completed tasks_open tasks_opened tasks_overdue"
      ),
      ("propositions", 30, "click_share feature_recency interactions_click interactions_sing responses"),
    ])
  func wholePath(name: String, horizon: Int, metrics: String) async throws {
    let test = try await JobsDatabase.create()
    try await test.connection.script(try #require(Self.histories[name]))
    #expect(try await test.count("SELECT count(*) FROM user_digital_twins WHERE domain = \(name)") == 1)
    _ = try await test.enqueue("sweep")
    #expect(try await test.run(test.sweep).values.map { $0 } == [.stored])
    let ends = try await test.run(test.prediction)
    #expect(ends.values.map { $0 } == [.stored])

    let rows = try await test.connection.query(
      """
      SELECT metric, count(*) AS n, bool_and(lo95 <= mean AND mean <= hi95) AS ordered, min(lo95) AS least,
        max(hi95) AS greatest
      FROM twinmill.latest_predictions WHERE domain = \(name) GROUP BY metric ORDER BY metric COLLATE "C"
      """
    ).map { try $0.decode(String.self, Int64.self, Bool.self, Double.self, Double.self) }
    #expect(rows.map(\.0).joined(separator: " ") == metrics)
    let domain = try #require(test.catalog[name])
    for row in rows {
      let metric = try #require(domain.metric(row.0))
      #expect(row.1 == horizon && row.2, "\(row)")
      #expect(row.3 >= metric.minimum ?? -.infinity && row.4 <= metric.maximum ?? .infinity, "\(row)")
    }
  }

  @Test("a twin whose tables are not there fails alone, for good, and says what to do")
  func missingTables() async throws {
    let test = try await JobsDatabase.create()
    try await test.connection.script("DROP TABLE tasks.messages; INSERT INTO tasks.users (user_id) VALUES ('ann')")
    let twin: UUID = try await test.connection.query("SELECT twinmill.twin('tasks', 'ann')").only().decode(UUID.self)
    let sensor = try await test.sensorTwin("pump")
    let job = try await test.enqueue("prediction", twin: twin)
    let other = try await test.enqueue("prediction", twin: sensor)
    let ends = try await test.run(test.prediction)
    #expect(ends[other] == .stored)
    guard case .failed(let message, let isPermanent) = ends[job] else {
      Issue.record("\(String(describing: ends[job]))")
      return
    }
    #expect(isPermanent && message.contains("tasks.messages") && message.contains("twinmill domains prepare tasks"))
  }
}

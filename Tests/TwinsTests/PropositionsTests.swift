import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

@Suite("Propositions: interactions, confidence, features", .dropsDatabases)
struct PropositionsTests {
  private static let user = "11111111-1111-1111-1111-111111111111"

  /// A user, and two propositions with the ids …01 and …02.
  private func create(zone: String? = nil) async throws -> DomainDatabase {
    let test = try await DomainDatabase.create()
    _ = try await test.connection.query(
      """
      INSERT INTO propositions.users (id, username, email, time_zone)
      VALUES (\(Self.user)::text::uuid, 'ann', 'a', \(zone))
      """)
    try await test.connection.script(
      """
      INSERT INTO propositions.propositions (id, type, status, confidence_score, created_at, updated_at) VALUES
        ('00000000-0000-0000-0000-000000000001', 'offer', 'active', 0.9, '2024-01-01 UTC', '2024-01-01 UTC'),
        ('00000000-0000-0000-0000-000000000002', 'Tip', 'Accepted', 0.3, '2024-01-01 UTC', '2024-01-04 06:00 UTC')
      """)
    return test
  }

  /// Interactions as "type proposition instant".
  private func interact(_ test: DomainDatabase, _ lines: [String]) async throws {
    let parts = lines.map { $0.split(separator: " ", maxSplits: 2).map(String.init) }
    _ = try await test.connection.query(
      """
      INSERT INTO propositions.interactions (user_id, proposition_id, interaction_type, timestamp)
      SELECT \(Self.user)::text::uuid, ('00000000-0000-0000-0000-' || lpad(p, 12, '0'))::uuid, replace(k, '~', ' '), t::timestamptz
      FROM unnest(\(parts.map { $0[0] }), \(parts.map { $0[1] }), \(parts.map { $0[2] })) AS i (k, p, t)
      """)
  }

  @Test("what is shown, what is made of it, and how sure the model was, by local day")
  func days() async throws {
    let test = try await create(zone: "Pacific/Kiritimati")
    try await interact(
      test,
      [
        // 09:59 UTC is the last minute of 1 January there.
        "view 1 2024-01-01 09:59 UTC", "view 1 2024-01-01 10:00 UTC", "Impression 2 2024-01-01 11:00 UTC",
        "clicked 1 2024-01-01 12:00 UTC", "dismiss 2 2024-01-01 13:00 UTC", "Thumbs~Up 2 2024-01-03 12:00 UTC",
        "click 9 2024-01-03 12:00 UTC", "? 1 2024-01-03 12:00 UTC", "view 1 infinity",
      ])
    let history = try await test.history("propositions", Self.user, until: "2024-01-06")
    #expect(history.days("shown") == ["01-01 1.0", "01-02 2.0", "01-03 0.0", "01-04 0.0", "01-05 0.0"])
    #expect(history.values("responses") == [0, 2, 0, 3, 0])
    #expect(history.values("interactions_click") == [0, 1, 0, 1, 0])
    #expect(history.values("interactions_thumbs_up") == [0, 0, 0, 1, 0])
    #expect(history.values("interactions_other") == [0, 0, 0, 1, 0])
    #expect(history.values("interactions_view").isEmpty && history.values("interactions_dismiss") == [0, 1, 0, 0, 0])
    // Nothing was shown on the 4th.
    #expect(history.days("click_share") == ["01-01 0.0", "01-02 0.5"])
    #expect(history.days("confidence") == ["01-01 0.9", "01-02 0.6", "01-04 0.6"])
  }

  @Test("without views, clicks are a share of the responses; confidences that are none are skipped")
  func withoutViews() async throws {
    let test = try await create()
    try await test.connection.script(
      "UPDATE propositions.propositions SET confidence_score = CASE type WHEN 'Tip' THEN 'NaN'::float8 ELSE 7 END")
    try await interact(
      test, ["click 1 2024-01-01 08:00 UTC", "dismiss 2 2024-01-01 08:00 UTC", "like 1 2024-01-02 08:00 UTC"])
    let history = try await test.history("propositions", Self.user, until: "2024-01-04")
    #expect(history.days("click_share") == ["01-01 0.5", "01-02 0.0"] && history.values("shown").isEmpty)
    #expect(history.values("confidence").isEmpty && history.skipped("confidence") == 3)
  }

  @Test("any feature is a metric: the day's last value, of whatever JSON is a number")
  func features() async throws {
    let test = try await create()
    try await test.connection.script(
      """
      INSERT INTO propositions.features (id, name) VALUES (gen_random_uuid(), 'recency'), (gen_random_uuid(), 'Taste for "Jazz"');
      INSERT INTO propositions.user_features (user_id, feature_id, value, timestamp)
      SELECT '\(Self.user)', f.id, v.value::jsonb, v.at::timestamptz
      FROM propositions.features f
      JOIN (VALUES
        ('r', '1', '2024-01-01 08:00 UTC'), ('r', '2.5', '2024-01-01 09:00 UTC'), ('r', '"-3e1"', '2024-01-02 UTC'),
        ('r', '"often"', '2024-01-03 UTC'), ('r', '1e300', '2024-01-04 UTC'), ('r', '[4]', '2024-01-05 UTC'),
        ('r', 'null', '2024-01-06 UTC'), ('r', NULL, '2024-01-07 UTC'), ('r', 'true', '2024-01-08 UTC'),
        ('r', '5', 'infinity'), ('T', '0.25', '2024-01-02 UTC')
      ) AS v (name, value, at) ON left(f.name, 1) = v.name
      """)
    let history = try await test.history("propositions", Self.user, until: "2024-02-01")
    #expect(history.days("feature_recency") == ["01-01 2.5", "01-02 -30.0"])
    #expect(history.skipped("feature_recency") == 4)
    #expect(history.days("feature_Taste for \"Jazz\"") == ["01-02 0.25"])
    let domain = try #require(test.catalog["propositions"])
    #expect(domain.metric("feature_recency")?.aggregation == .last && domain.metric("interactions_thumbs_up") != nil)
    #expect(domain.metric("shown") == nil && domain.metric("confidence") == nil)
  }

  @Test("model versions after the first, changed propositions that were met, and the end of an account are events")
  func events() async throws {
    let test = try await create(zone: "Asia/Kathmandu")
    try await interact(test, ["view 1 2024-01-02 UTC", "click 2 2024-01-03 UTC"])
    try await test.connection.script(
      """
      INSERT INTO propositions.model_performance (model_name, model_version, evaluated_at) VALUES
        ('ranker', '1', '2024-01-01 UTC'), ('ranker', '2', '2024-01-09 UTC'), ('ranker', '2', '2024-01-05 UTC'),
        ('ranker', '0', '2023-01-01 UTC'), ('other', '7', '2024-01-06 UTC'), ('ranker', '3', 'infinity');
      UPDATE propositions.users SET is_active = false, deactivated_at = '2024-01-20 UTC'
      """)
    let lines = try await test.history("propositions", Self.user).eventLines
    // Version 1 came before the user's first interaction.
    #expect(
      lines == [
        "01-04 11:45 proposition_accepted tip", "01-05 05:45 model_change ranker 2", "01-20 05:45 deactivated ",
      ])
  }

  @Test("nothing known of a user is no error")
  func nothing() async throws {
    let test = try await create()
    for subject in [Self.user, "no uuid", "00000000-0000-0000-0000-000000000001"] {
      let history = try await test.history("propositions", subject)
      #expect(history.observations.isEmpty && history.events.isEmpty && history.hasTables)
    }
  }

  @Test("a user is marked by interactions, features, and changes of propositions they met")
  func marks() async throws {
    let test = try await create()
    _ = try await test.marks()
    try await interact(test, ["view 1 2024-01-02 UTC"])
    #expect(try await test.marks() == ["interactions 1"])
    try await test.connection.script("UPDATE propositions.propositions SET confidence_score = 0.5 WHERE type = 'Tip'")
    #expect(try await test.marks() == [])
    try await test.connection.script("UPDATE propositions.propositions SET confidence_score = 0.5")
    #expect(try await test.marks() == ["propositions 1"])
    try await test.connection.script(
      """
      INSERT INTO propositions.user_features (user_id, feature_id, timestamp)
      VALUES ('\(Self.user)', gen_random_uuid(), now()), (gen_random_uuid(), gen_random_uuid(), now())
      """)
    #expect(try await test.marks() == ["user_features 1"])
  }
}

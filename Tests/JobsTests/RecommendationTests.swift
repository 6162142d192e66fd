import FoundationEssentials
import Postgres
import Queue
import TestServer
import Testing
import Twins

@testable import Analysis
@testable import Jobs

@Suite("Recommendation")
struct RecommendationTests {
  /// A calm twin with an effect to the worse, as the kind `effect` writes it, and a correlation.
  private func twin(_ test: JobsDatabase) async throws -> UUID {
    var noise = SimulatedNoise(seed: 4)
    let twin = try await test.observe(
      "1", noise.autoregression(120).map { #"{"redness_index": \#(50 + 2 * $0), "hydration_index": \#(40 - $0)}"# })
    try await affect(test, twin, relative: 1.2)
    _ = try await test.connection.query(
      """
      INSERT INTO twin_correlations (id, twin_id, factor_type, factor_value, correlation_strength, observations, metadata)
      VALUES (gen_random_uuid(), \(twin), 'lifestyle', 'sleep_hours', 0.4,
        '{"metric": "hydration_index", "metric_label": "hydration", "factor_label": "sleep", "lag": 1, "lag_seconds": 86400,
          "direction": "rises_with", "r": 0.4, "rank_r": 0.38, "n": 118, "p": 0.00001, "q": 0.0003, "pairs_tried": 20,
          "from": "2024-01-01T00:00:00Z", "until": "2024-04-29T00:00:00Z", "partial": true}',
        '{"job_id": 901, "attempt": 1, "kind": "correlation"}')
      """)
    return twin
  }

  private func affect(_ test: JobsDatabase, _ twin: UUID, relative: Double) async throws {
    _ = try await test.connection.query("DELETE FROM product_effects")
    _ = try await test.connection.query(
      """
      INSERT INTO product_effects (id, product_id, twin_id, start_date, observed_effects, metadata)
      SELECT gen_random_uuid(), md5('skincare:product:retinol 0.3%')::uuid, \(twin), '2024-03-01', o::json,
        '{"job_id": 902, "attempt": 1, "kind": "effect"}'
      FROM (VALUES (\(
        """
        {"factor": "retinol 0.3%", "factor_type": "product", "event": "product", "label": "product", "metrics": [
          {"metric": "redness_index", "label": "redness", "unit": "points", "effect": 6.5, "lo95": 4.25, "hi95": 8.75,
           "p": 0.0001, "q": 0.0004, "n_before": 60, "n_after": 59, "verdict": "worse", "relative": \(relative)}],
         "not_enough": []}
        """))) AS v (o)
      """)
  }

  @discardableResult
  private func evaluate(_ test: JobsDatabase, _ twin: UUID) async throws -> JobsDatabase.End? {
    let job = try await test.enqueue("recommendation", twin: twin)
    return try await test.run(test.recommendation)[job]
  }

  @Test("the whole path: open recommendations by urgency, with impact, products and the jobs they rest on")
  func wholePath() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    let twin = try await twin(test)
    #expect(try await evaluate(test, twin) == .stored)
    #expect(try await evaluate(test, twin) == .unchanged)
    let rows = try await test.connection.query(
      """
      SELECT title, description, priority, recommendation_type AS type, products ->> 0 AS product, actions ->> 0 AS action,
        (expected_impact ->> 'mean')::float8 AS mean, (expected_impact ->> 'lo95')::float8 AS lo,
        (expected_impact ->> 'hi95')::float8 AS hi, (expected_impact ->> 'horizon_days')::float8 AS days,
        ARRAY(SELECT e ->> 'text' FROM json_array_elements(rests_on) e WHERE e ->> 'text' IS NOT NULL) AS texts,
        ARRAY(SELECT DISTINCT (e ->> 'job_id')::bigint FROM json_array_elements(rests_on) e ORDER BY 1) AS jobs
      FROM twinmill.current_recommendations WHERE domain = 'skincare' AND subject = '1'
      """)
    #expect(try rows.map { try $0.get("priority", as: Int32.self) } == [1, 3])
    #expect(try rows.map { try $0.get("type", as: String.self) } == ["product", "lifestyle"])
    #expect(try rows[0].get("product", as: String.self).contains("retinol 0.3%"))
    #expect(try rows[1].get("action", as: String.self) == "sleep longer")
    #expect(try rows[0].get("mean", as: Double.self) == -6.5 && rows[0].get("lo", as: Double.self) == -8.75)
    #expect(try rows[0].get("days", as: Double.self) == 59)
    #expect(try rows[0].get("jobs", as: [Int64].self) == [902])
    #expect(try rows[1].get("jobs", as: [Int64].self).contains(901))
    for row in rows {
      #expect(try row.get("lo", as: Double.self) < row.get("hi", as: Double.self))
      let texts = try row.get("texts", as: [String].self)
      for text in [try row.get("title", as: String.self), try row.get("description", as: String.self)] {
        #expect(PrintedNumbers.unaccounted(in: text, evidence: texts) == [])
      }
    }
  }

  @Test("what is ignored stays away until its evidence is clearly stronger, and then has a row of its own")
  func ignored() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    let twin = try await twin(test)
    try await evaluate(test, twin)
    let stop: UUID = try await test.connection.query(
      "SELECT id FROM twinmill.current_recommendations WHERE priority = 1"
    ).only().decode(UUID.self)
    _ = try await test.connection.query("SELECT twinmill.ignore_recommendation(\(stop), 'it pays')")
    let kept = try await test.connection.query(
      """
      SELECT metadata ->> 'state' AS state, metadata ->> 'note' AS note, metadata ->> 'closed_by' = session_user AS mine
      FROM twin_recommendations WHERE id = \(stop)
      """
    ).only().decode(String.self, String.self, Bool.self)
    #expect(kept == ("ignored", "it pays", true))
    try await affect(test, twin, relative: 1.3)
    #expect(try await evaluate(test, twin) == .stored)
    #expect(try await test.count("SELECT count(*) FROM twinmill.current_recommendations WHERE priority = 1") == 0)
    try await affect(test, twin, relative: 2.4)
    #expect(try await evaluate(test, twin) == .stored)
    #expect(try await test.count("SELECT count(*) FROM twinmill.current_recommendations WHERE priority = 1") == 1)
    #expect(
      try await test.count("SELECT count(*) FROM twin_recommendations WHERE metadata ->> 'state' = 'ignored'") == 1)
  }

  @Test("what somebody finishes while it is computed stays finished; what the evidence leaves is withdrawn")
  func meanwhile() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    let twin = try await twin(test)
    try await evaluate(test, twin)
    try await affect(test, twin, relative: 1.25)
    let job = try await test.enqueue("recommendation", twin: twin)
    let ends = try await test.run(test.recommendation) {
      _ = try await test.connection.query(
        "SELECT twinmill.finish_recommendation(id) FROM twinmill.current_recommendations WHERE priority = 1")
    }
    #expect(ends[job] == .stored)
    #expect(try await test.count("SELECT count(*) FROM twin_recommendations WHERE metadata ->> 'state' = 'done'") == 1)
    _ = try await test.connection.query("DELETE FROM twin_correlations")
    try await evaluate(test, twin)
    _ = try await test.connection.query("DELETE FROM product_effects")
    try await evaluate(test, twin)
    #expect(try await test.count("SELECT count(*) FROM twinmill.current_recommendations") == 0)
    let left = try await test.connection.query(
      """
      SELECT metadata -> 'rests_on' IS NOT NULL FROM twin_recommendations WHERE metadata ->> 'state' = 'withdrawn'
      """)
    #expect(try left.only().decode(Bool.self), "what it rested on is still told")
  }

  @Test("bad input is refused: unknown, an application's own, closed already, a note without end")
  func refusals() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    let twin = try await twin(test)
    try await evaluate(test, twin)
    let own = UUID()
    _ = try await test.connection.query(
      """
      INSERT INTO twin_recommendations (id, twin_id, recommendation_type, title, metadata)
      VALUES (\(own), \(twin), 'routine', 'ours', '{"state": "open", "x": "\\u0000"}')
      """)
    let open: UUID = try await test.connection.query("SELECT id FROM twinmill.current_recommendations LIMIT 1").only()
      .decode(UUID.self)
    func refused(_ question: SQL, _ state: String, _ words: String) async throws {
      let error = await #expect(throws: PostgresError.self) { try await test.connection.query(question) }
      #expect(error?.sqlstate == state && error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
    try await refused("SELECT twinmill.ignore_recommendation(\(UUID()))", "P0002", "there is no recommendation")
    try await refused("SELECT twinmill.ignore_recommendation(NULL)", "P0002", "there is no recommendation NULL")
    try await refused("SELECT twinmill.finish_recommendation(\(own))", "22023", "an application's own")
    try await refused(
      "SELECT twinmill.finish_recommendation(\(open), repeat('x', 10001))", "22023", "the note has 10001 characters")
    _ = try await test.connection.query("SELECT twinmill.finish_recommendation(\(open))")
    try await refused("SELECT twinmill.ignore_recommendation(\(open))", "55000", "is not open: it is done")
    #expect(try await test.count("SELECT count(*) FROM twin_recommendations WHERE title = 'ours'") == 1)
  }
}

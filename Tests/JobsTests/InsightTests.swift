import Domains
import FoundationEssentials
import Postgres
import Queue
import TestServer
import Testing
import Twins

@testable import Analysis
@testable import Jobs

@Suite("Insight")
struct InsightTests {
  /// A twin whose redness drifts up, so that there is a trend, and whose oil balance is calm.
  private func drifting(
    _ test: JobsDatabase, _ subject: String = "1", days: Int = 120, from base: Double = 34
  ) async throws -> UUID {
    var noise = SimulatedNoise(seed: 3)
    let redness = noise.autoregression(days).enumerated().map {
      base + 2 * $0.element + 0.4 * Double(max(0, $0.offset - 40))
    }
    let oil = noise.autoregression(days).map { 50 + 2 * $0 }
    return try await test.observe(
      subject, zip(redness, oil).map { #"{"redness_index": \#($0), "oil_balance": \#($1)}"# })
  }

  @Test("the whole path: a prediction, then insights with lineage, evidence of their own and the prediction's job")
  func wholePath() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    // Just below a threshold of 70, and on its way there.
    let twin = try await drifting(test, from: 36)
    let prediction = try await test.enqueue("prediction", twin: twin)
    #expect(try await test.run(test.prediction) == [prediction: .stored])
    let job = try await test.enqueue("insight", twin: twin)
    #expect(try await test.run(test.insight) == [job: .stored])

    let rows = try await test.connection.query(
      """
      SELECT i.insight_type, i.severity, i.title, i.description, i.data_points::text AS points, i.confidence,
        i.metadata ->> 'job_id' = r.job_id::text AND i.metadata ->> 'input_hash' = r.input_hash
          AND i.metadata ->> 'kind' = 'insight' AND i.metadata ->> 'code_version' = r.code_version AS traced,
        i.metadata ->> 'state' AS state, (i.metadata ->> 'rank')::int AS rank
      FROM twin_insights i JOIN twinmill.results r ON r.twin_id = i.twin_id AND r.kind = 'insight'
      ORDER BY rank
      """)
    let types = try rows.map { try $0.get("insight_type", as: String.self) }
    #expect(types.contains("trend") && types.contains("risk"), "\(types)")
    var sources: [String: Set<JobID>] = [:]
    for (index, row) in rows.enumerated() {
      #expect(try row.get("traced", as: Bool.self) && row.get("state", as: String.self) == "open")
      #expect(try row.get("rank", as: Int32.self) == Int32(index + 1))
      let points = try JSONDecoder().decode([DataPoint].self, from: Data(row.get("points", as: String.self).utf8))
      for text in [try row.get("title", as: String.self), try row.get("description", as: String.self)] {
        #expect(PrintedNumbers.unaccounted(in: text, evidence: points.compactMap(\.text)) == [])
      }
      for point in points { sources[point.source, default: []].insert(point.job) }
    }
    #expect(sources["detection"] == [job])
    #expect(sources["prediction"] == [prediction])
  }

  @Test("the same evidence is unchanged; a month of daily evaluations tells one trend once")
  func daily() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    let twin = try await drifting(test, days: 100)
    func evaluate() async throws -> JobsDatabase.End? {
      let job = try await test.enqueue("insight", twin: twin)
      return try await test.run(test.insight)[job]
    }
    #expect(try await evaluate() == .stored)
    #expect(try await evaluate() == .unchanged)
    var noise = SimulatedNoise(seed: 8)
    for day in 100..<110 {
      try await test.observe(
        "1", [#"{"redness_index": \#(34 + 0.4 * Double(day - 40) + 2 * noise.normal()), "oil_balance": 50}"#], from: day
      )
      #expect(try await evaluate() == .stored)
    }
    let trends = try await test.connection.query(
      """
      SELECT metadata ->> 'first_seen' < metadata ->> 'last_seen' AS lasted, created_at < now() AS kept
      FROM twin_insights WHERE insight_type = 'trend' AND metadata ->> 'metric' = 'redness_index'
      """)
    #expect(try trends.only().decode(Bool.self, Bool.self) == (true, true))
  }

  @Test("what is gone is resolved in place by the second evaluation that does not see it")
  func resolved() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    var noise = SimulatedNoise(seed: 5)
    let calm = noise.autoregression(60).map { #"{"redness_index": \#(50 + 2 * $0)}"# }
    let twin = try await test.observe("1", calm + [Int](0..<3).map { #"{"redness_index": \#(72 + $0)}"# })
    var states: [String] = []
    for day in 63..<66 {
      _ = try await test.enqueue("insight", twin: twin)
      try await test.run(test.insight)
      states.append(
        try await test.connection.query(
          "SELECT metadata ->> 'state' FROM twin_insights WHERE metadata ->> 'rule' = 'threshold'"
        ).only().decode(String.self))
      try await test.observe("1", [#"{"redness_index": 52.5}"#], from: day)
    }
    #expect(states == ["open", "open", "resolved"])
    #expect(try await test.count("SELECT count(*) FROM twin_insights WHERE metadata ->> 'rule' = 'threshold'") == 1)
    #expect(try await test.count("SELECT count(*) FROM twinmill.current_insights WHERE title LIKE '%above%'") == 0)
  }

  @Test("the rows do not depend on the database or the batch; rows of an application stay, whatever they hold")
  func bitForBit() async throws {
    var states: [[String]] = []
    for others in [0, 2] {
      let test = try await JobsDatabase.create(withInsights: true)
      for other in 0..<others {
        _ = try await test.enqueue("insight", twin: try await test.skincareTwin("other \(other)"))
      }
      let twin = try await drifting(test)
      _ = try await test.connection.query(
        """
        INSERT INTO twin_insights (id, twin_id, insight_type, title, metadata) VALUES
          (gen_random_uuid(), \(twin), 'trend', 'ours', NULL), (gen_random_uuid(), \(twin), 'trend', 'ours', '"episode"'),
          (gen_random_uuid(), \(twin), 'trend', 'ours', '{"episode": "\\u0000", "kind": "insight", "state": "open"}')
        """)
      _ = try await test.connection.query(
        """
        INSERT INTO twin_correlations (id, twin_id, factor_type, observations, metadata) VALUES
          (gen_random_uuid(), \(twin), 'x', '{"r": 1e999}', '{"kind": "correlation", "job_id": 1}'),
          (gen_random_uuid(), \(twin), 'x', '[]', '{"kind": "correlation \\u0000"}'),
          (gen_random_uuid(), \(twin), 'x', NULL, '"correlation"')
        """)
      let job = try await test.enqueue("insight", twin: twin)
      #expect(try await test.run(test.insight)[job] == .stored)
      #expect(try await test.count("SELECT count(*) FROM twin_insights WHERE title = 'ours'") == 3)
      let rows = try await test.connection.query(
        """
        SELECT concat_ws(' ', insight_type, severity, title, description, confidence,
          regexp_replace(data_points::text, '"job_id":\\d+', '', 'g'), metadata ->> 'episode', metadata ->> 'input_hash')
        FROM twin_insights WHERE twin_id = \(twin) AND title <> 'ours' ORDER BY metadata ->> 'episode'
        """)
      states.append(try rows.map { try $0.decode(String.self) })
    }
    #expect(!states[0].isEmpty && states[0] == states[1])
  }

  @Test("of two jobs for one twin only the one that read last writes")
  func twice() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    let twin = try await drifting(test)
    let jobs = [try await test.enqueue("insight", twin: twin), try await test.enqueue("insight", twin: twin)]
    #expect(try await test.run(test.insight).count == 2)
    #expect(try await test.count("SELECT count(DISTINCT metadata ->> 'job_id') FROM twin_insights") == 1)
    #expect(
      try await test.count("SELECT job_id FROM twinmill.results WHERE kind = 'insight'") == Int(jobs.max() ?? 0))
  }

  @Test("a twin without observations fails for good, naming the remedy, and its batch does not")
  func failures() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    let empty = try await test.enqueue("insight", twin: try await test.skincareTwin("empty", days: 0))
    let one = try await test.enqueue("insight", twin: try await test.skincareTwin("one", days: 1))
    let fine = try await test.enqueue("insight", twin: try await drifting(test))
    let ends = try await test.run(test.insight)
    guard case .failed(let message, true) = ends[empty] else { throw JobFailure("an empty twin was told") }
    #expect(message.contains("subject empty") && message.contains("no usable observations"))
    #expect(ends[one] == .stored && ends[fine] == .stored)
  }

  private struct DataPoint: Decodable {
    let source: String
    let job: JobID
    let text: String?

    private enum CodingKeys: String, CodingKey {
      case source, text
      case job = "job_id"
    }
  }
}

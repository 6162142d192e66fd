import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

@Suite("Skincare: series and events out of JSON", .dropsDatabases)
struct SkincareTests: DatabaseSuite {
  /// Values by metric, and how many were skipped in all.
  private func series(
    _ snapshots: [String?], from: Date? = nil, until: Date? = nil
  ) async throws -> (values: [String: [Double]], skipped: Int, history: TwinHistory) {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let twin = try await connection.skincareTwin("1", snapshots: snapshots)
    let reader = HistoryReader(try Domains.catalog())
    let histories = try await reader.histories(of: [twin], kind: "prediction", from: from, until: until, on: connection)
    let history = try #require(histories[twin])
    let values = Dictionary(
      uniqueKeysWithValues: history.observations.filter { !$0.values.isEmpty }.map { ($0.metric, $0.values) })
    return (values, history.observations.reduce(0) { $0 + $1.skipped }, history)
  }

  @Test("all nine metrics of the definition come out of a flat document")
  func allMetrics() async throws {
    let names = try #require(Domains.catalog()["skincare"]).metrics.map(\.name)
    #expect(names.count == 9)
    let document = "{" + names.enumerated().map { "\"\($1)\": \($0 + 1).5" }.joined(separator: ", ") + "}"
    let (values, skipped, _) = try await series([document])
    #expect(values == Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, [Double($0) + 1.5]) }))
    #expect(skipped == 0)
  }

  @Test(
    "numbers are found in all documented shapes",
    arguments: [
      #"{"texture_score": 71.5}"#, #"{"texture_score": "71.5"}"#, #"{"texture_score": {"value": 71.5}}"#,
      #"{"texture_score": {"score": "71.5"}}"#, #"{"global_state_vector": {"texture_score": 71.5}}"#,
      #"{"state_vector": {"texture_score": {"value": 71.5}}}"#, #"{"metrics": {"texture_score": 7.15e1}}"#,
      #"{"note": "caf\u00e9 \ud83d\ude00", "texture_score": 71.5}"#,
      #"{"texture_score": 71.5, "metrics": {"texture_score": 3}}"#,
      #"{"texture_score": 71.50000000000000000000000000000000000000000000000000000000000000000000000000000000000}"#,
    ])
  func shapes(document: String) async throws {
    let (values, skipped, _) = try await series([document])
    #expect(values == ["texture_score": [71.5]])
    #expect(skipped == 0)
  }

  @Test(
    "what is no number is skipped and counted, and never fails the reading",
    arguments: [
      (#"{"texture_score": "high"}"#, 1), (#"{"texture_score": true}"#, 1), (#"{"texture_score": [1]}"#, 1),
      (#"{"texture_score": {"value": null}}"#, 1), (#"{"texture_score": {"value": {"value": 1}}}"#, 1),
      (#"{"texture_score": "NaN"}"#, 1), (#"{"texture_score": "Infinity"}"#, 1), (#"{"texture_score": 1e999}"#, 1),
      (#"{"texture_score": "1e-999"}"#, 1), (#"{"texture_score": ""}"#, 1), (#"{"texture_score": null}"#, 0),
      ("{}", 0), ("null", 0), ("[]", 9), ("5", 9), (#""text""#, 9), (#"{"\u0000": 1, "texture_score": 5}"#, 9),
      (#"{"texture_score": "\ud800"}"#, 9), (#"{"metrics": [1, 2]}"#, 0),
    ])
  func garbage(document: String, skipped: Int) async throws {
    let (values, counted, _) = try await series([document, #"{"pore_score": 4}"#, nil])
    #expect(values == ["pore_score": [4]])
    #expect(counted == skipped)
  }

  @Test("arrays are in order of time, within the range, and no longer than the domain's history")
  func order() async throws {
    let (all, _, history) = try await series((0..<1200).map { #"{"texture_score": \#($0)}"# })
    #expect(all["texture_score"] == (100..<1200).map(Double.init))
    let dates = try #require(history.observations.first { $0.metric == "texture_score" }).observedAt
    #expect(dates == dates.sorted() && Set(dates).count == 1100)
    let day = 86_400.0
    let start = Date(timeIntervalSince1970: 1_704_067_200)
    let (part, _, _) = try await series(
      (0..<10).map { #"{"texture_score": \#($0)}"# }, from: start.addingTimeInterval(2 * day),
      until: start.addingTimeInterval(5 * day))
    #expect(part == ["texture_score": [2, 3, 4]])
  }

  /// Values by factor, and how many were skipped in all.
  private func factors(
    environment: [String?], lifestyle: [String?] = [], snapshots: [String?] = []
  ) async throws -> (values: [String: [Double]], skipped: Int) {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let twin = try await connection.skincareTwin(
      "1", snapshots: snapshots, environment: environment, lifestyle: lifestyle)
    let reader = HistoryReader(try Domains.catalog())
    let history = try #require(try await reader.histories(of: [twin], kind: "effect", on: connection)[twin])
    let observed = history.observations.filter { !$0.values.isEmpty }
    return (
      Dictionary(uniqueKeysWithValues: observed.map { ($0.metric, $0.values) }),
      history.observations.reduce(0) { $0 + $1.skipped }
    )
  }

  @Test("all factors of the definition come out of their columns, and no metric out of them")
  func allFactors() async throws {
    let defined = try #require(Domains.catalog()["skincare"]).factors
    func document(_ type: FactorType) -> String {
      "{" + defined.filter { $0.type == type }.map { "\"\($0.name)\": \($0.name.count).5" }.joined(separator: ", ")
        + ", \"texture_score\": 1}"
    }
    let (values, skipped) = try await factors(
      environment: [document(.environment)], lifestyle: [document(.lifestyle)])
    #expect(
      values == Dictionary(uniqueKeysWithValues: defined.map { ($0.name, [Double($0.name.count) + 0.5]) }))
    #expect(skipped == 0)
  }

  @Test(
    "a factor is found by its other names and in all documented shapes",
    arguments: [
      #"{"temperature_celsius": 7.5}"#, #"{"temperature": "7.5"}"#, #"{"environment": {"temperature_c": 7.5}}"#,
      #"{"factors": {"temperature": {"value": 7.5}}}"#, #"{"temperature_c": 7.5, "temperature": 3}"#,
      #"{"temperature_c": 7.5, "environment": {"temperature_c": 3}}"#,
      #"{"environment": {"temperature_celsius": 75e-1}}"#,
    ])
  func factorShapes(document: String) async throws {
    let (values, skipped) = try await factors(environment: [document])
    #expect(values == ["temperature_c": [7.5]])
    #expect(skipped == 0)
  }

  @Test(
    "a factor that is no number is skipped and counted, and never fails the reading",
    arguments: [
      (#"{"sleep_hours": "well"}"#, 1), (#"{"sleep": true}"#, 1), (#"{"sleep": 1e999}"#, 1), (#"{"lifestyle": 5}"#, 0),
      (#"{"sleep": null}"#, 0), ("[]", 6), ("null", 0), (#"{"\u0000": 1, "sleep": 5}"#, 6),
      (#"{"sleep": "\ud800"}"#, 6), (#"{"uv_index": 3}"#, 0),
    ])
  func factorGarbage(document: String, skipped: Int) async throws {
    let (values, counted) = try await factors(
      environment: [nil], lifestyle: [document, #"{"stress": 4}"#, nil], snapshots: [#"{"pore_score": 4}"#])
    #expect(values == ["pore_score": [4], "stress_level": [4]])
    #expect(counted == skipped)
  }

  @Test("snapshots of the surroundings take no metric's place in the history")
  func ownLimit() async throws {
    let many = (0..<1150).map { #"{"uv_index": \#($0 % 10)}"# }
    let (values, _) = try await factors(environment: many, snapshots: [#"{"pore_score": 4}"#])
    #expect(values["pore_score"] == [4])
    #expect(values["uv_index"]?.count == 1100 && values["uv_index"]?.last == 9)
  }

  @Test("products that appear and disappear between snapshots are events; what is unknown is not", .twinsDatabase)
  func events() async throws {
    let twin = try await connection.skincareTwin(
      "1", snapshots: [],
      usage: [
        #"["a", "b"]"#,
        #"{"products": [{"product_id": "b"}, {"name": "c"}, {"id": "a", "used": false}]}"#,
        nil, "5", "null", #"{"products_used": "x"}"#,
        #"{"c": 2, "d": 0, "e": null, "f": "pea"}"#, #"["\u0000"]"#, "[]", #"["b", 12, "", null, ["q"]]"#,
      ])
    _ = try await connection.query(
      """
      INSERT INTO product_effects (id, product_id, twin_id, start_date, end_date)
      VALUES (\(UUID()), '00000000-0000-0000-0000-0000000000aa', \(twin), '2024-01-04 UTC', 'infinity')
      """)
    let skincare = try #require(Domains.catalog()["skincare"])
    let row = try await connection.query(skincare.events([twin], Date?.none, Date?.none)).only()
    let (id, times, types, factors) = try row.decode(UUID.self, [Date].self, [String].self, [String].self)
    #expect(id == twin)
    let start = Date(timeIntervalSince1970: 1_704_067_200)
    let lines = zip(zip(times, types), factors).map { "\(Int($0.0.timeIntervalSince(start) / 86_400)) \($0.1) \($1)" }
    #expect(
      lines == [
        "1 product_started c", "1 product_stopped a",
        "3 product_started 00000000-0000-0000-0000-0000000000aa",
        "6 product_started f", "6 product_stopped b", "8 product_stopped c", "8 product_stopped f",
        "9 product_started 12", "9 product_started b",
      ])
  }
}

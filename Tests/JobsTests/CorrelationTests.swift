import FoundationEssentials
import Jobs
import Postgres
import Queue
import TestServer
import Testing

@Suite("Correlation", .dropsDatabases)
struct CorrelationTests {
  private func lines(_ test: JobsDatabase, _ sql: SQL) async throws -> [String] {
    try await test.connection.query(sql).map { try $0.get("line", as: String.self) }
  }

  private static let findings: SQL = """
    SELECT concat_ws(' ', factor_type, factor_value, observations ->> 'metric', observations ->> 'lag',
      observations ->> 'direction') AS line
    FROM twin_correlations ORDER BY observations ->> 'q'
    """

  @Test("what a metric follows is found at its lag and sign, with lineage; what it does not follow is not")
  func wholePath() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await CausalTwin().insert("1", into: test)
    let job = try await test.enqueue("correlation", twin: twin)
    #expect(try await test.run(test.correlation) == [job: .stored])
    #expect(
      try await lines(test, Self.findings) == ["environment humidity_percent hydration_index 2 rises_with"])

    let row = try await test.connection.query(
      """
      SELECT correlation_strength = (observations ->> 'r')::float8 AS is_r, (observations ->> 'r')::float8 AS r,
        (observations ->> 'rank_r')::float8 AS rank_r, (observations ->> 'n')::int AS n,
        (observations ->> 'p')::float8 <= (observations ->> 'q')::float8 AS adjusted,
        (observations ->> 'q')::float8 AS q, (observations ->> 'pairs_tried')::int AS tried,
        observations ->> 'lag_seconds' AS lag_seconds, observations ->> 'metric_label' AS metric_label,
        observations ->> 'factor_label' AS factor_label,
        (observations ->> 'from')::timestamptz = '2024-01-01 UTC'
          AND (observations ->> 'until')::timestamptz = '2024-08-27 UTC' AS window,
        observations ->> 'partial' AS partial
      FROM twin_correlations
      """
    ).only()
    #expect(
      try row.get("is_r", as: Bool.self) && row.get("adjusted", as: Bool.self) && row.get("window", as: Bool.self))
    let (r, rank) = (try row.get("r", as: Double.self), try row.get("rank_r", as: Double.self))
    #expect(r > 0.4 && r < 1 && abs(r - rank) < 0.2)
    #expect(try row.get("n", as: Int32.self) > 230 && row.get("q", as: Double.self) < 0.001)
    #expect(try row.get("tried", as: Int32.self) == 4, "two factors, two metrics")
    #expect(try row.get("lag_seconds", as: String.self) == "172800.0")
    #expect(try row.get("metric_label", as: String.self) == "hydration")
    #expect(try row.get("factor_label", as: String.self) == "humidity")
    #expect(try row.get("partial", as: String.self) == "true")

    let lineage = try await test.connection.query(
      """
      SELECT metadata ->> 'job_id' AS job, metadata ->> 'attempt' AS attempt, metadata ->> 'kind' AS kind,
        metadata ->> 'code_version' AS version, metadata ->> 'input_hash' = r.input_hash AS hash,
        metadata ->> 'requested_by' = session_user AS role, metadata #>> '{parameters,max_lag}' AS lag,
        (metadata ->> 'computed_at')::timestamptz = r.computed_at AS computed, r.summary ->> 'findings' AS findings
      FROM twin_correlations JOIN twinmill.results r USING (twin_id)
      """)
    let line = try lineage.only().decode(
      String.self, String.self, String.self, String.self, Bool.self, Bool.self, String.self, Bool.self, String.self)
    #expect(line.0 == "\(job)" && line.1 == "1" && line.2 == "correlation" && line.3 == BuildInfo.version)
    #expect(line.4 && line.5 && line.6 == "14" && line.7 && line.8 == "1")
  }

  @Test("the product that a metric rises with is a factor too, by its id; a series of uses counts, not one start alone")
  func usage() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await CausalTwin(humidityEffect: 0, usage: 60..<150, hydrationEffect: 14).insert("1", into: test)
    _ = try await test.enqueue("correlation", twin: twin, #"{"factors": ["00000000-0000-0000-0000-0000000000aa"]}"#)
    try await test.run(test.correlation)
    let found = try await lines(test, Self.findings)
    #expect(found.count == 1)
    #expect(
      found.first?.hasPrefix("product 00000000-0000-0000-0000-0000000000aa hydration_index ") == true
        && found.first?.hasSuffix("rises_with") == true, "\(found)")
  }

  @Test("a new result replaces the findings of the twin, never rows of an application or of another twin")
  func replaced() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await CausalTwin().insert("1", into: test)
    let other = try await CausalTwin(seed: 2).insert("2", into: test)
    _ = try await test.connection.query(
      """
      INSERT INTO twin_correlations (id, twin_id, factor_type, factor_value, metadata)
      VALUES (\(UUID()), \(twin), 'product', 'theirs', '{"kind": "correlation"}')
      """)
    for twin in [twin, other] { _ = try await test.enqueue("correlation", twin: twin) }
    #expect(try await test.run(test.correlation).values.allSatisfy { $0 == .stored })
    #expect(try await test.count("SELECT count(*) FROM twin_correlations") == 3)

    // The same again changes nothing; more data gives the findings anew; without factors there are none any more.
    _ = try await test.enqueue("correlation", twin: twin)
    #expect(try await test.run(test.correlation).values.first == .unchanged)
    _ = try await test.connection.query("DELETE FROM twin_snapshots WHERE snapshot_date > '2024-08-20'")
    let job = try await test.enqueue("correlation", twin: twin)
    #expect(try await test.run(test.correlation) == [job: .stored])
    #expect(try await test.count("SELECT count(*) FROM twin_correlations") == 3)
    #expect(
      try await test.count("SELECT count(*) FROM twin_correlations WHERE metadata ->> 'job_id' = \(job)::text") == 1)
    _ = try await test.connection.query(
      "UPDATE twin_snapshots SET environmental_factors = NULL WHERE twin_id = \(twin)")
    _ = try await test.enqueue("correlation", twin: twin)
    #expect(try await test.run(test.correlation).values.first == .stored)
    #expect(
      try await lines(
        test,
        "SELECT subject || ' ' || factor_value AS line FROM twin_correlations c JOIN user_digital_twins t ON t.id = c.twin_id ORDER BY 1"
      )
        == ["1 theirs", "2 humidity_percent"])
  }

  @Test("of two jobs for one twin in a batch the later one's findings stay, once")
  func twice() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await CausalTwin().insert("1", into: test)
    _ = try await test.enqueue("correlation", twin: twin, #"{"max_lag": 5}"#)
    let later = try await test.enqueue("correlation", twin: twin, #"{"max_lag": 6}"#)
    #expect(try await test.run(test.correlation).count == 2)
    #expect(try await lines(test, "SELECT metadata ->> 'job_id' AS line FROM twin_correlations") == ["\(later)"])
  }

  @Test("a twin with nothing to correlate completes, says why, and asks for nothing more")
  func nothing() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let cases: [(CausalTwin, String)] = [
      (CausalTwin(days: 60, hasFactors: false), "no factor is observed"),
      (CausalTwin(days: 0), "no metric is observed"), (CausalTwin(days: 8), "too little is observed"),
      (CausalTwin(days: 200, humidityEffect: 0), "none of 4 pairs is significant at a false discovery rate of 0.002"),
    ]
    for (index, entry) in cases.enumerated() {
      let twin = try await entry.0.insert("\(index)", into: test)
      _ = try await test.connection.query(
        "INSERT INTO twin_snapshots (id, twin_id, snapshot_date) VALUES (\(UUID()), \(twin), now())")
    }
    let sensor = try await test.sensorTwin("pump", count: 50)
    for _ in 1...2 {
      _ = try await test.enqueue("sweep")
      try await test.run(test.sweep)
      let ends = try await test.run(test.correlation)
      #expect(ends.values.allSatisfy { $0 == .stored || $0 == .unchanged }, "\(ends)")
    }
    let reasons = try await lines(
      test,
      """
      SELECT concat_ws(' ', subject, summary ->> 'nothing_found') AS line
      FROM twinmill.results r JOIN user_digital_twins t ON t.id = r.twin_id WHERE kind = 'correlation' ORDER BY subject
      """)
    #expect(reasons.count == 5)
    for (index, entry) in cases.enumerated() {
      #expect(reasons[index].hasPrefix("\(index) \(entry.1)"), "\(reasons[index])")
    }
    #expect(reasons[4] == "pump domain sensor names no factors and no interventions")
    #expect(try await test.count("SELECT count(*) FROM twin_correlations") == 0)
    // The observations of a sensor are not even read: they cannot change the result.
    _ = try await test.connection.query(
      "INSERT INTO sensor_observations VALUES (\(sensor), 'load', now(), 5)")
    _ = try await test.enqueue("correlation", twin: sensor)
    _ = try await test.enqueue("effect", twin: sensor)
    #expect(try await test.run(test.effect).values.first == .stored)
    #expect(try await test.run(test.correlation).values.first == .unchanged)
  }

  @Test("hostile data fails nothing: huge and constant values, gaps, thousands of products, stray dates")
  func hostile() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await CausalTwin(days: 120).insert("1", into: test)
    _ = try await test.connection.query(
      """
      UPDATE twin_snapshots SET environmental_factors = (environmental_factors::jsonb
        || '{"temperature_c": 20, "air_quality_index": "1e308"}')::json, lifestyle_data = '{"sleep": [1]}'
      """)
    _ = try await test.connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics, environmental_factors, product_usage)
      VALUES (\(UUID()), \(twin), '1200-01-01', '{"hydration_index": 3}', '{"uv_index": 3}', '["x"]'),
        (\(UUID()), \(twin), 'infinity', '{"hydration_index": 3}', '{"uv_index": 3}', '["x"]')
      """)
    _ = try await test.connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, product_usage)
      SELECT gen_random_uuid(), \(twin), '2024-01-01 UTC'::timestamptz + n * interval '1 hour',
        json_build_array('product ' || n % 500, 'product ' || n % 333, repeat('ü', 300 + n % 5))
      FROM generate_series(1, 2000) AS n
      """)
    _ = try await test.enqueue("correlation", twin: twin)
    #expect(try await test.run(test.correlation).values.first == .stored)
    #expect(
      try await test.count(
        "SELECT count(*) FROM twin_correlations WHERE NOT correlation_strength BETWEEN -1 AND 1 OR length(factor_value) > 255"
      ) == 0)
    #expect(
      try await test.count(
        "SELECT (summary #>> '{pairs_tried}')::bigint FROM twinmill.results WHERE kind = 'correlation'") <= 2 * 67)
  }

  @Test("the same input gives the same bits, in another database and in another batch")
  func bitForBit() async throws {
    var found: [[String]] = []
    for others in [0, 2] {
      let test = try await JobsDatabase.create(withCauses: true)
      for other in 0..<others {
        _ = try await test.enqueue("correlation", twin: CausalTwin(days: 90, seed: 9).insert("o\(other)", into: test))
      }
      let twin = try await CausalTwin(usage: 100..<200, hydrationEffect: 6).insert("1", into: test)
      _ = try await test.enqueue("correlation", twin: twin, #"{"fdr": 0.5}"#)
      try await test.run(test.correlation)
      found.append(
        try await lines(
          test,
          """
          SELECT concat_ws(' ', factor_type, factor_value, correlation_strength, observations, metadata ->> 'input_hash')
            AS line
          FROM twin_correlations WHERE twin_id = \(twin) ORDER BY 1
          """))
    }
    #expect(!found[0].isEmpty && found[0] == found[1])
  }

  @Test("a cancelled computation ends as cancelled")
  func cancelled() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    _ = try await test.enqueue("correlation", twin: CausalTwin().insert("1", into: test))
    #expect(try await test.stopsWhenCancelled(test.correlation))
  }

  @Test("arguments choose; what was never observed is said, bad ones are refused at enqueue")
  func arguments() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await CausalTwin().insert("1", into: test)
    _ = try await test.enqueue(
      "correlation", twin: twin, #"{"metrics": ["hydration_index"], "factors": ["humidity_percent"], "max_lag": 1}"#)
    try await test.run(test.correlation)
    #expect(
      try await test.count("SELECT (summary ->> 'pairs_tried')::bigint FROM twinmill.results") == 1)
    for (arguments, message) in [
      (#"{"metrics": ["acne"]}"#, "has no observations of metric acne; observed: hydration_index, redness_index"),
      (#"{"factors": ["sleep_hours"]}"#, "no observations of factor sleep_hours; observed: humidity_percent, uv_index"),
    ] {
      let job = try await test.enqueue("correlation", twin: twin, arguments)
      guard case .failed(let said, true) = try await test.run(test.correlation)[job] else {
        throw JobFailure("\(arguments) were taken")
      }
      #expect(said.contains(message), "\(said)")
    }
    for arguments in [#"{"max_lag": -1}"#, #"{"fdr": 1}"#, #"{"lag": 3}"#] {
      await #expect(throws: PostgresError.self) { _ = try await test.enqueue("correlation", twin: twin, arguments) }
    }
  }
}

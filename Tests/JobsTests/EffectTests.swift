import FoundationEssentials
import Jobs
import Postgres
import Queue
import TestServer
import Testing

@Suite("Effect", .dropsDatabases)
struct EffectTests {
  private static let product = "00000000-0000-0000-0000-0000000000aa"
  /// Used from day 100 to day 200: hydration gains 10, redness 8, both of standard deviation 4.
  private static let helping = CausalTwin(usage: 100..<200, hydrationEffect: 10, rednessEffect: 8)

  private func lines(_ test: JobsDatabase, _ sql: SQL) async throws -> [String] {
    try await test.connection.query(sql).map { try $0.get("line", as: String.self) }
  }

  @Test("a product's effect and side effect are found within their intervals, with score, dates and lineage")
  func wholePath() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await Self.helping.insert("1", into: test)
    let job = try await test.enqueue("effect", twin: twin)
    #expect(try await test.run(test.effect) == [job: .stored])
    let row = try await test.connection.query(
      """
      SELECT product_id::text AS product, start_date, end_date, effectiveness_score AS score,
        observed_effects ->> 'factor' AS factor, observed_effects ->> 'factor_type' AS type,
        observed_effects ->> 'event' AS event, observed_effects ->> 'label' AS label,
        json_array_length(side_effects) AS side, side_effects #>> '{0,metric}' AS side_metric,
        json_array_length(observed_effects -> 'not_enough') AS not_enough
      FROM product_effects
      """
    ).only()
    #expect(try row.get("product", as: String.self) == Self.product)
    #expect(try row.get("factor", as: String.self) == Self.product)
    #expect(try row.get("start_date", as: Date.self) == CausalTwin.date(100))
    #expect(try row.get("end_date", as: Date.self) == CausalTwin.date(200))
    #expect(try row.get("type", as: String.self) == "product" && row.get("event", as: String.self) == "product")
    #expect(try row.get("label", as: String.self) == "product")
    #expect(try row.get("side", as: Int32.self) == 1 && row.get("side_metric", as: String.self) == "redness_index")
    #expect(try row.get("not_enough", as: Int32.self) == 0)
    #expect((0...1).contains(try row.get("score", as: Double.self)))

    let metrics = try await test.connection.query(
      """
      SELECT m ->> 'metric' AS metric, m ->> 'verdict' AS verdict, (m ->> 'effect')::float8 AS effect,
        (m ->> 'lo95')::float8 AS low, (m ->> 'hi95')::float8 AS high, (m ->> 'p')::float8 AS p,
        (m ->> 'q')::float8 AS q, (m ->> 'n_before')::int AS before, (m ->> 'n_after')::int AS after,
        (m ->> 'relative')::float8 AS relative, m ->> 'label' AS label, m ->> 'unit' AS unit
      FROM product_effects, json_array_elements(observed_effects -> 'metrics') m ORDER BY 1
      """)
    let expected = [("hydration_index", "better", 10.0), ("redness_index", "worse", 8.0)]
    #expect(metrics.count == 2)
    for (metric, (name, verdict, effect)) in zip(metrics, expected) {
      #expect(try metric.get("metric", as: String.self) == name && metric.get("verdict", as: String.self) == verdict)
      let (low, high) = (try metric.get("low", as: Double.self), try metric.get("high", as: Double.self))
      #expect(low < effect && effect < high && high - low < 8, "\(name): \(low) \(high)")
      #expect(try metric.get("effect", as: Double.self) > low && metric.get("effect", as: Double.self) < high)
      #expect(try metric.get("p", as: Double.self) <= metric.get("q", as: Double.self))
      // A wild value or two are left out.
      #expect(try (95...100).contains(metric.get("before", as: Int32.self)))
      #expect(try (95...100).contains(metric.get("after", as: Int32.self)))
      #expect(try metric.get("relative", as: Double.self) > 1 && metric.get("unit", as: String.self) == "points")
    }
    let lineage = try await test.connection.query(
      """
      SELECT metadata ->> 'job_id' AS job, metadata ->> 'kind' AS kind, metadata ->> 'input_hash' = r.input_hash AS hash,
        metadata ->> 'factor' AS factor, (metadata ->> 'computed_at')::timestamptz = r.computed_at AS computed,
        r.summary ->> 'findings' AS findings
      FROM product_effects JOIN twinmill.results r USING (twin_id)
      """
    ).only().decode(String.self, String.self, Bool.self, String.self, Bool.self, String.self)
    #expect(lineage.0 == "\(job)" && lineage.1 == "effect" && lineage.2 && lineage.3 == Self.product)
    #expect(lineage.4 && lineage.5 == "2")
  }

  @Test("what did nothing is not said to have done something; a name that is no uuid has one of its own")
  func noEffect() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    for seed in 1...3 {
      let twin = CausalTwin(usage: 100..<200, product: "nothing cream", seed: UInt64(seed))
      _ = try await test.enqueue("effect", twin: twin.insert("\(seed)", into: test))
    }
    // Our own rows are no use of a product: the second time finds the same as the first.
    for _ in 1...2 {
      try await test.run(test.effect)
      #expect(
        try await lines(
          test,
          """
          SELECT DISTINCT concat_ws(' ', m ->> 'verdict', observed_effects ->> 'factor', metadata ->> 'factor',
            product_id = md5('skincare:product:nothing cream')::uuid, json_array_length(side_effects)) AS line
          FROM product_effects, json_array_elements(observed_effects -> 'metrics') m
          """) == ["no_evidence nothing cream nothing cream t 0"])
      #expect(
        try await test.count("SELECT count(*) FROM product_effects WHERE effectiveness_score BETWEEN 0.3 AND 0.7") == 3)
      _ = try await test.connection.query("DELETE FROM twin_snapshots WHERE snapshot_date > '2024-08-25'")
      _ = try await test.connection.query(
        "SELECT twinmill.enqueue('effect', twin => id) FROM user_digital_twins")
    }
  }

  @Test("the same input is unchanged, a new result replaces ours, and no sweep ever finds our rows")
  func replaced() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await Self.helping.insert("1", into: test)
    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    #expect(try await test.run(test.effect).values.first == .stored)
    _ = try await test.enqueue("effect", twin: twin)
    #expect(try await test.run(test.effect).values.first == .unchanged)
    let sweep = try await test.enqueue("sweep")
    #expect(try await test.run(test.sweep) == [sweep: .unchanged], "writing effects marks nobody")

    _ = try await test.connection.query("DELETE FROM twin_snapshots WHERE snapshot_date > '2024-08-20'")
    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    let ends = try await test.run(test.effect)
    #expect(ends.values.first == .stored)
    #expect(
      try await lines(test, "SELECT metadata ->> 'job_id' AS line FROM product_effects") == [
        "\(ends.keys.first ?? 0)"
      ])
    let last = try await test.enqueue("sweep")
    #expect(try await test.run(test.sweep) == [last: .unchanged], "replacing effects marks nobody")
    #expect(try await test.count("SELECT count(*) FROM twinmill.jobs WHERE kind = 'effect'") == 0)
    // Without the product nothing is left of its effect.
    _ = try await test.connection.query("UPDATE twin_snapshots SET product_usage = NULL")
    _ = try await test.enqueue("effect", twin: twin)
    #expect(try await test.run(test.effect).values.first == .stored)
    #expect(try await test.count("SELECT count(*) FROM product_effects") == 0)
    #expect(
      try await lines(test, "SELECT summary ->> 'nothing_found' AS line FROM twinmill.results WHERE kind = 'effect'")
        == ["no intervention with a known start is recorded"])
  }

  @Test("an application's row is completed in place: results and lineage in, its dates, product and own keys stay")
  func completed() async throws {
    let test = try await JobsDatabase.create(applicationOwned: true, withCauses: true)
    #expect(try await test.count("SELECT twinmill.register_twins('skincare')") == 2)
    let twin: UUID = try await test.connection.query("SELECT id FROM user_digital_twins WHERE subject = '2'").only()
      .decode(UUID.self)
    // Recorded in the morning, used from the evening on: within one sampling step.
    try await CausalTwin(hydrationEffect: 10).insert(of: twin, into: test)
    let theirs = UUID()
    _ = try await test.connection.query(
      """
      UPDATE twin_snapshots SET skin_metrics = skin_metrics || jsonb_build_object(
        'hydration_index', (skin_metrics ->> 'hydration_index')::float8 + 12)
      WHERE twin_id = \(twin) AND snapshot_date >= '2024-04-10'
      """)
    _ = try await test.connection.query(
      """
      INSERT INTO product_effects (id, product_id, twin_id, start_date, end_date, metadata)
      VALUES (\(theirs), \(Self.product)::uuid, \(twin), '2024-04-10 20:00 UTC', '2024-06-30 20:00 UTC',
        '{"theirs": 1, "factor": "cream"}'),
        (\(UUID()), \(Self.product)::uuid, \(twin), '2024-08-27 UTC', NULL, '[1]')
      """)
    for _ in 1...2 {
      _ = try await test.enqueue("sweep")
      try await test.run(test.sweep)
      #expect(try await test.run(test.effect).values.allSatisfy { $0 == .stored })
      let again = try await test.enqueue("sweep")
      #expect(try await test.run(test.sweep) == [again: .unchanged], "completing a row marks nobody")
      #expect(try await test.count("SELECT count(*) FROM product_effects") == 2)
      #expect(
        try await lines(
          test,
          """
          SELECT concat_ws(' ', id = \(theirs), start_date = '2024-04-10 20:00 UTC', end_date = '2024-06-30 20:00 UTC',
            observed_effects #>> '{metrics,0,metric}', observed_effects #>> '{metrics,0,verdict}',
            effectiveness_score > 0.5, metadata ->> 'theirs', metadata ->> 'kind') AS line
          FROM product_effects WHERE start_date < '2024-08-01'
          """) == ["t t t hydration_index better t 1 effect"])
      // The second use began too late to be judged: its row says so, and the application's document stays.
      #expect(
        try await lines(
          test,
          """
          SELECT concat_ws(' ', jsonb_array_length(observed_effects -> 'metrics'),
            observed_effects #>> '{not_enough,0,reason}', effectiveness_score, metadata) AS line
          FROM product_effects WHERE start_date > '2024-08-01'
          """
        ).first?.hasPrefix("0 no") == true, "not enough data, then no observation after the start")
      _ = try await test.connection.query("DELETE FROM twin_snapshots WHERE snapshot_date > '2024-08-25'")
    }
  }

  @Test("a product that the application does not know is left out and named; the others are written")
  func unknownProduct() async throws {
    let test = try await JobsDatabase.create(applicationOwned: true, withCauses: true)
    #expect(try await test.count("SELECT twinmill.register_twins('skincare')") == 2)
    let twins = try await test.connection.query("SELECT id FROM user_digital_twins ORDER BY subject")
      .map { try $0.decode(UUID.self) }
    _ = try await test.connection.query("DELETE FROM twin_snapshots")
    try await CausalTwin(usage: 100..<200, product: "home-made").insert(of: twins[0], into: test)
    try await Self.helping.insert(of: twins[1], into: test)
    for twin in twins { _ = try await test.enqueue("effect", twin: twin) }
    let ends = try await test.run(test.effect)
    #expect(ends.count == 2 && ends.values.allSatisfy { $0 == .stored })
    #expect(try await lines(test, "SELECT product_id::text AS line FROM product_effects") == [Self.product])
    #expect(
      try await lines(
        test,
        "SELECT (summary -> 'unknown_products')::text AS line FROM twinmill.results WHERE summary ? 'unknown_products'")
        == [#"["home-made"]"#])
  }

  @Test("too little data is said for each metric; two products begun together are not told apart, and named")
  func notEnough() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let early = try await CausalTwin(usage: 4..<60).insert("early", into: test)
    let pair = try await CausalTwin(days: 200).insert("pair", into: test)
    for (name, first) in [("a", "2024-03-01"), ("b", "2024-03-02"), ("c", "2024-05-01")] {
      _ = try await test.connection.query(
        """
        UPDATE twin_snapshots SET product_usage =
          (coalesce(product_usage::jsonb, '[]') || CASE WHEN snapshot_date >= \(first)::timestamptz
            THEN jsonb_build_array(\(name)::text) ELSE '[]' END)::json
        WHERE twin_id = \(pair)
        """)
    }
    for twin in [early, pair] { _ = try await test.enqueue("effect", twin: twin) }
    #expect(try await test.run(test.effect).values.allSatisfy { $0 == .stored })
    #expect(try await test.count("SELECT count(*) FROM product_effects WHERE twin_id = \(early)") == 0)
    #expect(
      try await lines(
        test, "SELECT summary ->> 'nothing_found' AS line FROM twinmill.results WHERE twin_id = \(early)")
        == ["not enough data around any of 1 interventions"])
    // c is far from both, which stand as one change beside it.
    #expect(
      try await lines(
        test,
        "SELECT observed_effects ->> 'factor' AS line FROM product_effects WHERE twin_id = \(pair) ORDER BY 1") == ["c"]
    )
  }

  @Test("a cream that follows another is judged beside it, and a factor's doing is not the product's")
  func besideOthers() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    // Hydration follows humidity; the product does nothing, but humidity rises with its start.
    let twin = try await CausalTwin(humidityEffect: 1.5, usage: 120..<240, product: "calm").insert("1", into: test)
    _ = try await test.connection.query(
      """
      UPDATE twin_snapshots SET
        environmental_factors = (environmental_factors::jsonb || jsonb_build_object(
          'humidity_percent', (environmental_factors ->> 'humidity_percent')::float8 + 20))::json
      WHERE snapshot_date >= '2024-04-28'
      """)
    _ = try await test.connection.query(
      """
      UPDATE twin_snapshots SET skin_metrics = (skin_metrics::jsonb || jsonb_build_object(
          'hydration_index', (skin_metrics ->> 'hydration_index')::float8 + 12))::json
      WHERE snapshot_date >= '2024-04-30'
      """)
    _ = try await test.enqueue("effect", twin: twin)
    try await test.run(test.effect)
    #expect(
      try await lines(
        test,
        """
        SELECT concat_ws(' ', m ->> 'metric', m ->> 'verdict') AS line
        FROM product_effects, json_array_elements(observed_effects -> 'metrics') m ORDER BY 1
        """) == ["hydration_index no_evidence", "redness_index no_evidence"])
  }

  @Test("the same input gives the same bits, in another database and in another batch")
  func bitForBit() async throws {
    var found: [[String]] = []
    for others in [0, 2] {
      let test = try await JobsDatabase.create(withCauses: true)
      for other in 0..<others {
        _ = try await test.enqueue(
          "effect", twin: CausalTwin(days: 90, usage: 40..<90, seed: 9).insert("o\(other)", into: test))
      }
      let twin = try await Self.helping.insert("1", into: test)
      _ = try await test.enqueue("effect", twin: twin)
      try await test.run(test.effect)
      found.append(
        try await lines(
          test,
          """
          SELECT concat_ws(' ', product_id, start_date, end_date, observed_effects, side_effects, effectiveness_score,
            metadata ->> 'input_hash') AS line
          FROM product_effects WHERE twin_id = \(twin)
          """))
    }
    #expect(!found[0].isEmpty && found[0] == found[1])
  }

  @Test("hostile data fails nothing: hundreds of products on and off, dates at the ends of time, unreadable metadata")
  func hostile() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await CausalTwin(days: 150).insert("1", into: test)
    _ = try await test.connection.query(
      """
      UPDATE twin_snapshots SET product_usage = json_build_array(
        'p' || extract(doy FROM snapshot_date), 'q' || extract(doy FROM snapshot_date)::int / 30, repeat('x', 500))
      """)
    _ = try await test.connection.query(
      """
      INSERT INTO product_effects (id, product_id, twin_id, start_date, end_date, metadata) VALUES
        (\(UUID()), \(UUID()), \(twin), '-infinity', 'infinity', NULL),
        (\(UUID()), \(UUID()), \(twin), '4000-01-01 BC', '0001-01-01', NULL),
        (\(UUID()), \(UUID()), \(twin), '9999-01-01', '2000-01-01', NULL),
        (\(UUID()), \(UUID()), \(twin), NULL, '2024-03-01', NULL),
        (\(UUID()), \(UUID()), \(twin), '2024-03-15', '2024-03-15', '"text"'),
        (\(UUID()), \(UUID()), \(twin), '2024-03-20', NULL, '{"a": "\\u0000"}')
      """)
    _ = try await test.enqueue("effect", twin: twin)
    #expect(try await test.run(test.effect).values.first == .stored)
    #expect(
      try await lines(
        test,
        "SELECT metadata::text AS line FROM product_effects WHERE start_date IN ('2024-03-15', '2024-03-20') AND NOT twinmill.is_result(id) ORDER BY start_date"
      )
        == [#""text""#, #"{"a": "\u0000"}"#])
    #expect(
      try await test.count("SELECT (summary ->> 'older_interventions_left_out')::bigint FROM twinmill.results") > 50)
  }

  @Test("a cancelled computation ends as cancelled")
  func cancelled() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    _ = try await test.enqueue("effect", twin: Self.helping.insert("1", into: test))
    #expect(try await test.stopsWhenCancelled(test.effect))
  }

  @Test("arguments choose; what never was is said, bad ones are refused at enqueue")
  func arguments() async throws {
    let test = try await JobsDatabase.create(withCauses: true)
    let twin = try await Self.helping.insert("1", into: test)
    _ = try await test.enqueue(
      "effect", twin: twin,
      #"{"metrics": ["redness_index"], "factors": ["\#(Self.product.uppercased())"], "history_days": 200}"#)
    try await test.run(test.effect)
    #expect(
      try await lines(
        test,
        """
        SELECT concat_ws(' ', m ->> 'metric', (m ->> 'n_before')::int BETWEEN 55 AND 60) AS line
        FROM product_effects, json_array_elements(observed_effects -> 'metrics') m
        """) == ["redness_index t"])
    let job = try await test.enqueue("effect", twin: twin, #"{"factors": ["snake oil"]}"#)
    guard case .failed(let said, true) = try await test.run(test.effect)[job] else {
      throw JobFailure("a product that never was has an effect")
    }
    #expect(said.contains("never had snake oil; it had \(Self.product)"), "\(said)")
    for arguments in [#"{"factors": []}"#, #"{"history_days": 0}"#, #"{"level": 0.9}"#] {
      await #expect(throws: PostgresError.self) { _ = try await test.enqueue("effect", twin: twin, arguments) }
    }
  }
}

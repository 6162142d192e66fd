import FoundationEssentials
import Jobs
import Postgres
import Queue
import ReadModels
import TestServer
import Testing
import Twins

@Suite("Prediction", .dropsDatabases)
struct PredictionTests {
  @Test("a sensor twin's job writes a row per step, with intervals, confidence, factors and lineage")
  func wholePath() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.sensorTwin("pump")
    let job = try await test.enqueue("prediction", twin: twin, #"{"horizon": 12}"#)
    #expect(try await test.run(test.prediction) == [job: .stored])

    #expect(try await test.count("SELECT count(*) FROM twin_predictions") == 12)
    let rows = try await test.connection.query(
      """
      SELECT prediction_date, mean, lo80, hi80, lo95, hi95, confidence_score, job_id
      FROM twinmill.latest_predictions WHERE twin_id = \(twin) AND metric = 'load' ORDER BY prediction_date
      """)
    #expect(rows.count == 12)
    let last: Date = try await test.connection.query("SELECT max(observed_at) FROM sensor_observations").only()
      .decode(Date.self)
    for (step, row) in rows.enumerated() {
      let (date, mean, lo80, hi80, lo95, hi95, confidence, id) = try row.decode(
        Date.self, Double.self, Double.self, Double.self, Double.self, Double.self, Double.self, Int64.self)
      #expect(date == last.addingTimeInterval(300 * Double(step + 1)))
      #expect(lo95 <= lo80 && lo80 < mean && mean < hi80 && hi80 <= hi95)
      #expect((0...1).contains(confidence))
      #expect(id == job)
      // 50 to 60, and noise of ±1.
      #expect(abs(mean - 55) < 8)
    }
    let lineage = try await test.connection.query(
      """
      SELECT DISTINCT metadata ->> 'job_id' AS job, metadata ->> 'attempt' AS attempt, metadata ->> 'kind' AS kind,
        metadata ->> 'code_version' AS version, metadata ->> 'input_hash' = r.input_hash AS hash,
        metadata ->> 'requested_by' = session_user AS role, metadata #>> '{parameters,horizon}' AS horizon,
        metadata #>> '{metrics,load,n}' AS n, metadata #>> '{metrics,load,interval_seconds}' AS interval,
        metadata #>> '{metrics,load,model}' <> '' AS model, created_at = r.computed_at AS joined
      FROM twin_predictions JOIN twinmill.results r USING (twin_id)
      """)
    let line = try lineage.only().decode(
      String.self, String.self, String.self, String.self, Bool.self, Bool.self, String.self, String.self, String.self,
      Bool.self, Bool.self)
    #expect(line.0 == "\(job)" && line.1 == "1" && line.2 == "prediction" && line.3 == BuildInfo.version)
    #expect(line.4 && line.5 && line.9 && line.10)
    #expect(line.6 == "12" && line.7 == "600" && line.8 == "300.0")
    let parts = try await test.connection.query(
      """
      SELECT abs((f ->> 'level')::float8 + (f ->> 'trend')::float8 + (f ->> 'season')::float8
          - (predicted_state #>> '{load,mean}')::float8) < 1e-6 AS adds_up,
        (SELECT sum((m ->> 'weight')::float8) FROM json_array_elements(f -> 'models') m)
          + coalesce((f #>> '{others,weight}')::float8, 0) BETWEEN 1 - 1e-9 AND 1 + 1e-9 AS weighs,
        abs((SELECT sum((f #>> ARRAY['change', part])::float8)
            FROM unnest(ARRAY['from', 'level', 'trend', 'season', 'events']) AS p (part))
          - (predicted_state #>> '{load,mean}')::float8) < 1e-6
          AND f #>> '{change,driver}' IN ('level', 'trend', 'season', 'events') AS changes,
        abs((metadata #>> '{metrics,load,sum,sum}')::float8
          - (SELECT sum((p.predicted_state #>> '{load,mean}')::float8) FROM twin_predictions p)) < 1e-6
          AND (metadata #>> '{metrics,load,mean,lo95}')::float8 < (metadata #>> '{metrics,load,mean,mean}')::float8
          AS sums
      FROM twin_predictions, LATERAL (SELECT factors -> 'load') AS l (f)
      """)
    for what in ["adds_up", "weighs", "changes", "sums"] {
      #expect(try parts.allSatisfy { try $0.get(what, as: Bool.self) }, "\(what)")
    }
  }

  @Test("the same input ends as unchanged without a write; other data or parameters do not")
  func unchanged() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.sensorTwin("pump", count: 200)
    func again(_ arguments: String = "{}") async throws -> JobsDatabase.End? {
      let job = try await test.enqueue("prediction", twin: twin, arguments)
      return try await test.run(test.prediction)[job]
    }
    #expect(try await again() == .stored)
    #expect(try await again() == .unchanged)
    #expect(try await test.count("SELECT count(*) FROM twin_predictions") == 24)
    #expect(try await again(#"{"horizon": 3}"#) == .stored)
    #expect(try await again(#"{"horizon": 3}"#) == .unchanged)
    _ = try await test.connection.query(
      "UPDATE sensor_observations SET value = value + 1e-9 WHERE twin_id = \(twin) AND observed_at = (SELECT min(observed_at) FROM sensor_observations)"
    )
    #expect(try await again(#"{"horizon": 3}"#) == .stored)
    #expect(try await test.count("SELECT count(*) FROM twinmill.latest_predictions") == 3)
  }

  @Test("the same input gives the same bits, in another database and in another batch")
  func bitForBit() async throws {
    var states: [[String]] = []
    for others in [0, 3] {
      let test = try await JobsDatabase.create()
      for other in 0..<others {
        let twin = try await test.sensorTwin("other \(other)", count: 100, level: Double(other))
        _ = try await test.enqueue("prediction", twin: twin)
      }
      let twin = try await test.sensorTwin("pump", count: 400)
      _ = try await test.enqueue("prediction", twin: twin)
      let ends = try await test.run(test.prediction)
      #expect(ends.count == others + 1 && ends.values.allSatisfy { $0 == .stored })
      let rows = try await test.connection.query(
        """
        SELECT concat_ws(' ', prediction_date, predicted_state, confidence_score, factors, metadata ->> 'input_hash')
          AS line
        FROM twin_predictions WHERE twin_id = \(twin) ORDER BY prediction_date
        """)
      states.append(try rows.map { try $0.get("line", as: String.self) })
    }
    #expect(states[0].count == 24 && states[0] == states[1])
  }

  @Test("a skincare twin is predicted for all its metrics on one daily grid, within their range")
  func skincare() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.skincareTwin("1", metrics: ["texture_score", "redness_index", "oil_balance"])
    // The newest three days lack one metric: it is predicted from the same day on as the others.
    _ = try await test.connection.query(
      """
      UPDATE twin_snapshots SET skin_metrics = (skin_metrics::jsonb - 'oil_balance')::json
      WHERE twin_id = \(twin) AND snapshot_date >= '2024-04-27 UTC'
      """)
    let job = try await test.enqueue("prediction", twin: twin)
    #expect(try await test.run(test.prediction) == [job: .stored])
    let rows = try await test.connection.query(
      """
      SELECT metric, count(*) AS n, min(prediction_date) = '2024-04-30 UTC' AS starts, min(lo95) >= 0 AND max(hi95) <= 100 AS inside
      FROM twinmill.latest_predictions GROUP BY metric ORDER BY metric
      """)
    let lines = try rows.map { try $0.decode(String.self, Int64.self, Bool.self, Bool.self) }
    #expect(lines.map(\.0) == ["oil_balance", "redness_index", "texture_score"])
    #expect(lines.allSatisfy { $0.1 == 30 && $0.2 && $0.3 })
    #expect(try await test.count("SELECT count(*) FROM twin_predictions") == 30)
  }

  @Test("metrics can be chosen, and history cut; values out of range are left out and counted")
  func arguments() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.skincareTwin("1", days: 60, metrics: ["texture_score", "redness_index"])
    _ = try await test.connection.query(
      "UPDATE twin_snapshots SET skin_metrics = '{\"texture_score\": 500}' WHERE snapshot_date = '2024-02-20 09:00 UTC'"
    )
    let job = try await test.enqueue(
      "prediction", twin: twin, #"{"metrics": ["texture_score"], "horizon": 2, "history_days": 20}"#)
    #expect(try await test.run(test.prediction) == [job: .stored])
    let metadata = try await test.connection.query(
      """
      SELECT DISTINCT metadata #>> '{metrics,texture_score,observations}' AS n, metadata ->> 'values_skipped' AS skipped,
        metadata #> '{metrics,redness_index}' IS NULL AS is_alone
      FROM twin_predictions
      """
    ).only()
    #expect(try metadata.decode(String.self, String.self, Bool.self) == ("19", "1", true))
  }

  @Test("metrics of other intervals have rows of their own; a metric that is not observed any more is left out")
  func mixedIntervals() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.sensorTwin("pump", metric: "fast", count: 600, interval: 300)
    _ = try await test.sensorTwin("pump", metric: "slow", count: 48, interval: 3600)
    _ = try await test.sensorTwin("pump", metric: "gone", count: 20, interval: 300)
    _ = try await test.sensorTwin("pump", metric: "new", count: 3, interval: 300)
    let job = try await test.enqueue("prediction", twin: twin, #"{"horizon": 6}"#)
    #expect(try await test.run(test.prediction) == [job: .stored])
    let metrics = try await test.connection.query(
      "SELECT metric || ' ' || count(*) AS line FROM twinmill.latest_predictions GROUP BY metric ORDER BY metric")
    #expect(try metrics.map { try $0.get("line", as: String.self) } == ["fast 6", "slow 6"])
    let leftOut = try await test.connection.query(
      "SELECT DISTINCT string_agg(k, ' ' ORDER BY k) AS line FROM twin_predictions, json_object_keys(metadata -> 'left_out') k GROUP BY id"
    )
    #expect(try leftOut.only().get("line", as: String.self) == "gone new")
  }

  @Test("factors are not predicted, and what is known of them makes no other input")
  func factors() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.skincareTwin("1", days: 40)
    let first = try await test.enqueue("prediction", twin: twin, #"{"history_days": 20}"#)
    #expect(try await test.run(test.prediction) == [first: .stored])
    _ = try await test.connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, environmental_factors, lifestyle_data, product_usage)
      SELECT gen_random_uuid(), \(twin), '2024-03-01 UTC'::timestamptz + n * interval '1 day',
        json_build_object('uv_index', n % 9), json_build_object('sleep', 'badly'), '["cream"]'
      FROM generate_series(1, 30) AS n
      """)
    let again = try await test.enqueue("prediction", twin: twin, #"{"history_days": 20}"#)
    #expect(try await test.run(test.prediction) == [again: .unchanged])
    #expect(try await test.count("SELECT count(DISTINCT metric) FROM twinmill.latest_predictions") == 1)
    let asked = try await test.enqueue("prediction", twin: twin, #"{"metrics": ["uv_index"]}"#)
    guard case .failed(let message, true) = try await test.run(test.prediction)[asked] else {
      throw JobFailure("a factor was predicted")
    }
    #expect(message.contains("no observations of uv_index; observed: texture_score"), "\(message)")
  }

  @Test("what can never be predicted fails at once, naming the twin and the remedy")
  func permanentFailures() async throws {
    let test = try await JobsDatabase.create()
    let bare = UUID()
    let strange = UUID()
    _ = try await test.connection.query(
      """
      INSERT INTO user_digital_twins (id, domain, subject) VALUES (\(bare), NULL, NULL), (\(strange), 'volcano', '1')
      """)
    let empty = try await test.skincareTwin("empty", days: 0)
    let short = try await test.skincareTwin("short", days: 3)
    let wrong = try await test.skincareTwin("wrong", days: 0)
    _ = try await test.connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics)
      VALUES (\(UUID()), \(wrong), now(), '{"texture_score": -1}')
      """)
    let good = try await test.skincareTwin("good", days: 30)
    let cases: [(UUID, String, [String])] = [
      (bare, "{}", ["\(bare)".lowercased(), "has no domain", "register_twins"]),
      (strange, "{}", ["domain volcano", "does not know", "skincare, reactor, goals, propositions, tasks, sensor"]),
      (empty, "{}", ["subject empty", "has no observations"]),
      (short, "{}", ["domain skincare", "3 samples, 5 are needed", "next sweep"]),
      (wrong, "{}", ["none is a number within its metric's range (1 skipped)"]),
      (good, #"{"metrics": ["acne"]}"#, ["no observations of acne", "observed: texture_score"]),
    ]
    var jobs: [JobID] = []
    for (twin, arguments, _) in cases { jobs.append(try await test.enqueue("prediction", twin: twin, arguments)) }
    let gone = try await test.skincareTwin("gone")
    let goneJob = try await test.enqueue("prediction", twin: gone)
    _ = try await test.connection.query("DELETE FROM user_digital_twins WHERE id = \(gone)")
    let fine = try await test.enqueue("prediction", twin: good)

    let ends = try await test.run(test.prediction)
    for (job, (_, _, words)) in zip(jobs, cases) {
      guard case .failed(let message, true) = ends[job] else {
        Issue.record("\(words) ended as \(String(describing: ends[job]))")
        continue
      }
      #expect(words.allSatisfy { message.contains($0) }, "\(message)")
    }
    guard case .failed(let message, true) = ends[goneJob] else { throw JobFailure("a gone twin was predicted") }
    #expect(message.contains("there is no twin"))
    #expect(ends[fine] == .stored, "one bad job never fails its batch")
  }

  @Test("on an application's own tables: registered twins are swept, predicted, and the application's rows stay")
  func applicationOwned() async throws {
    let test = try await JobsDatabase.create(applicationOwned: true)
    #expect(try await test.count("SELECT twinmill.register_twins('skincare')") == 2)
    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    let ends = try await test.run(test.prediction)
    #expect(ends.count == 2 && ends.values.contains(.stored))
    let ours: SQL = "SELECT count(*) FROM twin_predictions WHERE metadata ->> 'kind' = 'prediction'"
    #expect(try await test.count(ours) == 30)
    #expect(try await test.count("SELECT count(*) FROM twin_predictions WHERE metadata IS NULL") == 1)
    #expect(try await test.count("SELECT count(*) FROM twinmill.latest_predictions WHERE subject = '1'") == 30)
  }

  @Test("of two jobs for one twin in a batch, both are stored and the later one is the latest")
  func twice() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.sensorTwin("pump", count: 100)
    _ = try await test.enqueue("prediction", twin: twin, #"{"horizon": 2}"#)
    let later = try await test.enqueue("prediction", twin: twin, #"{"horizon": 3}"#)
    #expect(try await test.run(test.prediction).count == 2)
    #expect(try await test.count("SELECT count(*) FROM twin_predictions") == 5)
    #expect(try await test.count("SELECT count(*) FROM twinmill.latest_predictions WHERE job_id = \(later)") == 3)
    #expect(try await test.count("SELECT count(*) FROM twinmill.latest_predictions") == 3)
  }

  @Test("earlier predictions go when they are older than they are kept, the latest and an application's stay")
  func pruning() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.sensorTwin("pump", count: 60)
    func predict(_ horizon: Int) async throws {
      let job = try await test.enqueue("prediction", twin: twin, #"{"horizon": \#(horizon)}"#)
      #expect(try await test.run(test.prediction) == [job: .stored])
    }
    func age() async throws {
      _ = try await test.connection.query("UPDATE twin_predictions SET created_at = created_at - interval '10 days'")
      _ = try await test.connection.query("UPDATE twinmill.results SET computed_at = computed_at - interval '10 days'")
    }
    _ = try await test.connection.query(
      """
      INSERT INTO twin_predictions (id, twin_id, created_at, prediction_date, predicted_state)
      VALUES (gen_random_uuid(), \(twin), now() - interval '1 year', now(), '{"theirs": 1}')
      """)
    try await predict(2)
    try await age()
    try await predict(3)
    #expect(try await test.count("SELECT count(*) FROM twin_predictions") == 6, "nothing is removed unasked")

    _ = try await test.connection.query("SELECT twinmill.keep_predictions(5)")
    try await age()
    try await predict(4)
    #expect(try await test.count("SELECT count(*) FROM twin_predictions") == 5)
    #expect(try await test.count("SELECT count(*) FROM twinmill.latest_predictions") == 4)
    try await age()
    _ = try await test.connection.query("SELECT twinmill.prune_predictions(ARRAY[\(twin)]::uuid[])")
    #expect(try await test.count("SELECT count(*) FROM twinmill.latest_predictions") == 4, "however old it is")

    _ = try await test.connection.query("SELECT twinmill.keep_predictions(NULL)")
    try await predict(5)
    #expect(try await test.count("SELECT count(*) FROM twin_predictions") == 10)
    let refusal = await #expect(throws: PostgresError.self) {
      try await test.connection.query("SELECT twinmill.keep_predictions(0)")
    }
    #expect("\(refusal as Any)".contains("between 1 and"))
  }

  @Test(
    "bad arguments are refused at enqueue",
    arguments: [
      (#"{"horizon": 0}"#, "at least 1"), (#"{"horizon": 1001}"#, "at most 1000"), (#"{"horizon": "ten"}"#, "integer"),
      (#"{"metrics": []}"#, "at least 1"), (#"{"metrics": [5]}"#, "string"), (#"{"level": 0.9}"#, "no \"level\""),
      (#"{"history_days": 1.5}"#, "integer"), ("[]", "object"),
    ])
  func refused(arguments: String, problem: String) async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.skincareTwin("1", days: 0)
    let error = await #expect(throws: PostgresError.self) {
      _ = try await test.enqueue("prediction", twin: twin, arguments)
    }
    #expect(error?.sqlstate == "22023" && error?.message.contains(problem) == true, "\(error?.message ?? "")")
  }

  @Test("the series of a twin are those that its prediction is made of, on their grids")
  func series() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.sensorTwin("pump")
    let found = try await test.prediction.series(of: twin, on: test.connection)
    #expect(found.leftOut.isEmpty)
    let series = try #require(found.series.first)
    #expect(series.metric == "load" && series.samples.values.count == 600 && series.horizon == 24)
    #expect(series.seasons == [288, 2_016] && series.bounds == nil)
    #expect(try await test.catalog.twin(domain: "sensor", subject: "pump", on: test.connection) == twin)
    #expect(try await test.catalog.twin(domain: "sensor", subject: "none", on: test.connection) == nil)
    #expect(try await test.count("SELECT count(*) FROM user_digital_twins") == 1)
    await #expect(throws: JobFailure.self) {
      try await test.prediction.series(of: twin, metrics: ["nothing"], on: test.connection)
    }
    await #expect(throws: JobFailure.self) { try await test.prediction.series(of: UUID(), on: test.connection) }
  }

  @Test(
    "an event's effect is learnt from the past, put where it is planned, and explained; other events change the input")
  func events() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.skincareTwin("ann", days: 0)
    // A product that lifts hydration by 12 while it is used: twice in the past, once more planned, in an application's row.
    let product = UUID()
    let used = [30..<50, 80..<95]
    var noise = 0
    let documents = (0..<120).map { day -> String in
      noise = (noise * 37 + 11) % 101
      let value = 50 + Double(noise) / 60 + (used.contains { $0.contains(day) } ? 12 : 0)
      return "{\"hydration_index\": \(value)}"
    }
    _ = try await test.connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics)
      SELECT gen_random_uuid(), \(twin), '2024-01-01 09:00 UTC'::timestamptz + (n - 1) * interval '1 day', d::json
      FROM unnest(\(documents)) WITH ORDINALITY AS s (d, n)
      """)
    for (first, end) in [(30, 50), (80, 95), (125, 140)] {
      _ = try await test.connection.query(
        """
        INSERT INTO product_effects (id, twin_id, product_id, start_date, end_date)
        VALUES (gen_random_uuid(), \(twin), \(product),
          '2024-01-01 09:00 UTC'::timestamptz + \(Int32(first)) * interval '1 day',
          '2024-01-01 09:00 UTC'::timestamptz + \(Int32(end)) * interval '1 day')
        """)
    }
    func predict() async throws -> JobsDatabase.End? {
      let job = try await test.enqueue("prediction", twin: twin, #"{"horizon": 10}"#)
      return try await test.run(test.prediction)[job]
    }
    #expect(try await predict() == .stored)
    let rows = try await test.connection.query(
      """
      SELECT (predicted_state #>> '{hydration_index,mean}')::float8 AS mean,
        (factors #>> '{hydration_index,events}')::float8 AS events,
        factors #>> '{hydration_index,change,driver}' AS driver,
        metadata #>> '{metrics,hydration_index,events,0,event}' AS event,
        (metadata #>> '{metrics,hydration_index,events,0,effect}')::float8 AS effect
      FROM twin_predictions ORDER BY prediction_date
      """)
    #expect(rows.count == 10)
    for (step, row) in rows.enumerated() {
      let (mean, events, driver, event, effect) = try row.decode(
        Double.self, Double.self, String.self, String.self, Double.self)
      // The last snapshot is day 119; the planned use begins with day 125, the sixth step.
      #expect(abs(mean - (step >= 5 ? 62.8 : 50.8)) < 2.5, "step \(step)")
      #expect(abs(events - (step >= 5 ? 12 : 0)) < 1.5)
      #expect(step < 5 || driver == "events")
      #expect(event == "product \(product.uuidString.lowercased())")
      #expect(abs(effect - 12) < 1)
    }
    #expect(try await predict() == .unchanged)
    _ = try await test.connection.query(
      "UPDATE product_effects SET end_date = end_date - interval '3 days' WHERE start_date > '2024-05-01'")
    #expect(try await predict() == .stored)
  }

  @Test("a jump of the level is named and taken out of the history")
  func levelShift() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.sensorTwin("pump", count: 200, interval: 86_400)
    _ = try await test.connection.query(
      """
      UPDATE sensor_observations SET value = value + 40
      WHERE observed_at >= (SELECT max(observed_at) - interval '29 days' FROM sensor_observations)
      """)
    let job = try await test.enqueue("prediction", twin: twin, #"{"horizon": 5}"#)
    #expect(try await test.run(test.prediction) == [job: .stored])
    let row = try await test.connection.query(
      """
      SELECT metadata #>> '{metrics,load,events,0,event}' AS event,
        (metadata #>> '{metrics,load,events,0,effect}')::float8 AS effect,
        (predicted_state #>> '{load,mean}')::float8 AS mean, (predicted_state #>> '{load,hi95}')::float8 AS high
      FROM twin_predictions ORDER BY prediction_date LIMIT 1
      """
    ).only()
    let (event, effect, mean, high) = try row.decode(String.self, Double.self, Double.self, Double.self)
    // Noise of ±1 around 60 (the instant of the day never changes), then 100.
    #expect(event == "level shift" && abs(effect - 40) < 2)
    #expect(abs(mean - 100) < 2 && high - mean < 5)
  }
}

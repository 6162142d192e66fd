import Domains
import FoundationEssentials
import Jobs
import Postgres
import Queue
import TestServer
import Twins

/// A migrated database with the kinds and domains of the program, and what runs a job there without a daemon.
struct JobsDatabase {
  let database: TestDatabase
  let connection: Connection
  let catalog: DomainCatalog
  let prediction: Prediction
  let correlation: Correlation
  let effect: Effect
  let insight: Insight
  let recommendation: Recommendation
  let sweep: Sweep
  private let queue: QueueWorker

  /// - Parameters:
  ///   - applicationOwned: some of the eight tables are there before, as an application has them (users and products,
  ///     `user_id` NOT NULL, jsonb), with two twins, of which the first has 40 days of snapshots and a prediction.
  ///   - withCauses: whether `correlation` and `effect` are known too, so that a sweep asks for them.
  ///   - withInsights: whether these and what is told of them are known too.
  ///   - catalog: other domains than the program's; nil = those.
  ///   - further: a kind of the test's own.
  static func create(
    applicationOwned: Bool = false, withCauses: Bool = false, withInsights: Bool = false,
    catalog: DomainCatalog? = nil, adding further: KindDefinition? = nil
  ) async throws -> JobsDatabase {
    let isOwn = catalog != nil || further != nil
    let catalog = try catalog ?? Domains.catalog()
    let prediction = Prediction(catalog: catalog)
    let correlation = Correlation(catalog: catalog)
    let effect = Effect(catalog: catalog)
    let insight = Insight(catalog: catalog)
    let recommendation = Recommendation(catalog: catalog)
    let sweep = Sweep()
    let kinds =
      [prediction.definition, sweep.definition]
      + (withCauses || withInsights ? [correlation.definition, effect.definition] : [])
      + (withInsights ? [insight.definition, recommendation.definition] : []) + (further.map { [$0] } ?? [])
    let template =
      "jobs" + (applicationOwned ? "_app" : "") + (withCauses ? "_causes" : "") + (withInsights ? "_insights" : "")
      + (isOwn ? "_own" : "")
    let database = try await TestDatabase.create(from: template) { connection in
      if applicationOwned { try await connection.script(application) }
      _ = try await Migrator([.queue, .twins] + (further?.schema.map { [$0] } ?? [])).up(connection)
      try await JobQueue.register(kinds: kinds, on: connection)
      try await catalog.register(on: connection)
      for domain in catalog.domains { try await catalog.createTables(of: domain, on: connection) }
    }
    let connection = try await database.connect()
    let queue = QueueWorker()
    try await queue.register(
      QueueWorker.Registration(
        hostname: "test", pid: 1, queues: ["default"], kinds: kinds.map(\.name), lease: .seconds(86_400),
        heartbeat: .seconds(1)), on: connection)
    return JobsDatabase(
      database: database, connection: connection, catalog: catalog, prediction: prediction, correlation: correlation,
      effect: effect, insight: insight, recommendation: recommendation, sweep: sweep, queue: queue)
  }

  private static let application = """
    CREATE TABLE users (id serial PRIMARY KEY);
    CREATE TABLE user_digital_twins (id uuid PRIMARY KEY, user_id integer NOT NULL REFERENCES users,
      created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
      status varchar(32) NOT NULL DEFAULT 'active', skin_type varchar(64), concerns json, goals json, metadata json);
    CREATE TABLE twin_snapshots (id uuid PRIMARY KEY, twin_id uuid NOT NULL REFERENCES user_digital_twins,
      snapshot_date timestamptz NOT NULL, skin_metrics jsonb, product_usage jsonb, environmental_factors jsonb,
      lifestyle_data jsonb, metadata jsonb);
    CREATE TABLE twin_predictions (id uuid PRIMARY KEY, twin_id uuid NOT NULL REFERENCES user_digital_twins,
      created_at timestamptz NOT NULL DEFAULT now(), prediction_date timestamptz NOT NULL, predicted_state jsonb,
      confidence_score float, factors jsonb, recommendations jsonb, metadata jsonb);
    CREATE TABLE products (id uuid PRIMARY KEY);
    CREATE TABLE product_effects (id uuid PRIMARY KEY,
      product_id uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
      twin_id uuid NOT NULL REFERENCES user_digital_twins (id) ON DELETE CASCADE, start_date timestamptz,
      end_date timestamptz, observed_effects jsonb, side_effects jsonb, effectiveness_score float, metadata jsonb);
    INSERT INTO products VALUES ('00000000-0000-0000-0000-0000000000aa');
    INSERT INTO users VALUES (1), (2);
    INSERT INTO user_digital_twins (id, user_id) SELECT gen_random_uuid(), id FROM users;
    INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics)
      SELECT gen_random_uuid(), t.id, '2024-01-01'::timestamptz + n * interval '1 day',
        jsonb_build_object('hydration_index', 50 + n % 7)
      FROM user_digital_twins t, generate_series(1, 40) n WHERE user_id = 1;
    INSERT INTO twin_predictions (id, twin_id, prediction_date, predicted_state)
      SELECT gen_random_uuid(), id, now(), '{"theirs": 1}' FROM user_digital_twins WHERE user_id = 1;
    """

  // MARK: - Jobs

  func enqueue(_ kind: String, twin: UUID? = nil, _ arguments: String = "{}") async throws -> JobID {
    try await connection.query(
      "SELECT job_id FROM twinmill.enqueue(\(kind), twin => \(twin), arguments => \(JSON(text: arguments)))"
    ).only().decode(JobID.self)
  }

  func claim(_ kind: String) async throws -> JobQueue.Claim {
    let lanes = try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: [kind], on: connection).lanes
    let ranges = lanes.map { ClaimRange(lane: $0, order: .fresh, cursor: 0, limit: 1000) }
    return try await queue.claimUnlimited(ranges, token: UUID(), on: connection)
  }

  /// How a job ended.
  enum End: Equatable {
    case stored, unchanged
    case failed(String, isPermanent: Bool)
  }

  /// Claims all waiting jobs of a kind and takes them from load to finish, as the daemon does.
  @discardableResult
  func run<Kind: JobKind>(_ kind: Kind, between: () async throws -> Void = {}) async throws -> [JobID: End] {
    let claim = try await claim(kind.definition.name)
    guard !claim.jobs.isEmpty else { return [:] }
    let inputs = try await connection.transaction(readOnly: true) { try await kind.load(claim.jobs, on: $0) }
    var ends: [JobID: End] = [:]
    var endings: [JobQueue.Ending] = []
    var outputs: [(job: Job, output: Kind.Output)] = []
    for job in claim.jobs {
      let outcome: JobQueue.Outcome
      do {
        guard let input = try inputs[job.id]?.get() else { throw JobFailure("no input") }
        switch try await kind.compute(input, for: job) {
        case .store(let output):
          outputs.append((job, output))
          (ends[job.id], outcome) = (.stored, .completed)
        default: (ends[job.id], outcome) = (.unchanged, .unchanged)
        }
      } catch let error as JobFailure {
        ends[job.id] = .failed(error.message, isPermanent: error.isPermanent)
        outcome = .discarded(message: error.message)
      }
      endings.append(JobQueue.Ending(job: job, outcome: outcome, startedAt: job.claimedAt))
    }
    try await between()
    let stored = outputs
    let finish = queue.finish(endings, token: claim.token, idleLimit: .seconds(60))
    try await connection.transaction { connection in
      _ = try await finish.run(on: connection)
      if !stored.isEmpty { try await kind.store(stored, on: connection) }
    }
    return ends
  }

  /// Whether computing the waiting job of a kind ends with `CancellationError` when its task is cancelled.
  func stopsWhenCancelled<Kind: JobKind>(_ kind: Kind) async throws -> Bool {
    let claim = try await claim(kind.definition.name)
    let inputs = try await connection.transaction(readOnly: true) { try await kind.load(claim.jobs, on: $0) }
    guard let job = claim.jobs.first, let input = try inputs[job.id]?.get() else { throw JobFailure("no input") }
    return await withTaskGroup(of: Bool.self) { group in
      group.cancelAll()
      group.addTask {
        do {
          _ = try await kind.compute(input, for: job)
          return false
        } catch {
          return error is CancellationError
        }
      }
      return await group.next() ?? false
    }
  }

  // MARK: - Data

  /// A sensor twin with a daily cycle at this interval.
  func sensorTwin(
    _ subject: String, metric: String = "load", count: Int = 600, interval: Double = 300, level: Double = 50
  ) async throws -> UUID {
    let twin: UUID = try await connection.query("SELECT twinmill.twin('sensor', \(subject))").only().decode(UUID.self)
    let start = Date(timeIntervalSince1970: 1_400_000_000 - 1_400_000_000.truncatingRemainder(dividingBy: 86_400))
    var noise = Noise()
    let values = (0..<count).map { index -> Double in
      let phase = Double(index) * interval / 86_400
      // A triangle of height 10 a day, and noise.
      return level + 20 * abs(phase - phase.rounded(.down) - 0.5) + noise.next()
    }
    let dates = (0..<count).map { start.addingTimeInterval(Double($0) * interval) }
    _ = try await connection.query(
      """
      INSERT INTO sensor_observations SELECT \(twin), \(metric), d, v FROM unnest(\(dates), \(values)) AS n (d, v)
      """)
    return twin
  }

  /// A skincare twin with a snapshot of some metrics a day.
  func skincareTwin(_ subject: String, days: Int = 120, metrics: [String] = ["texture_score"]) async throws -> UUID {
    let twin: UUID = try await connection.query("SELECT twinmill.twin('skincare', \(subject))").only().decode(UUID.self)
    var noise = Noise()
    let documents = (0..<days).map { day in
      "{" + metrics.map { "\"\($0)\": \(60 + Double(day % 7) + noise.next())" }.joined(separator: ", ") + "}"
    }
    _ = try await connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics)
      SELECT gen_random_uuid(), \(twin), '2024-01-01 09:00 UTC'::timestamptz + (n - 1) * interval '1 day', d::json
      FROM unnest(\(documents)) WITH ORDINALITY AS s (d, n)
      """)
    return twin
  }

  /// A skincare twin with a snapshot a day, as given, from a day on (counted from 2024-01-01).
  @discardableResult
  func observe(_ subject: String, _ documents: [String], from day: Int = 0) async throws -> UUID {
    let twin: UUID = try await connection.query("SELECT twinmill.twin('skincare', \(subject))").only().decode(UUID.self)
    _ = try await connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics)
      SELECT gen_random_uuid(), \(twin),
        '2024-01-01 09:00 UTC'::timestamptz + (\(Int32(day)) + n - 1) * interval '1 day', d::json
      FROM unnest(\(documents)) WITH ORDINALITY AS s (d, n)
      """)
    return twin
  }

  func count(_ sql: SQL) async throws -> Int {
    let count: Int64 = try await connection.query(sql).only().decode(Int64.self)
    return Int(count)
  }
}

/// The same noise in every run: uniform in -1…1, by a 64-bit linear congruential generator.
private struct Noise {
  var state: UInt64 = 42

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / Double(1 << 52) - 1
  }
}

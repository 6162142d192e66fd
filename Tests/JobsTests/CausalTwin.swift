import FoundationEssentials
import Numerics
import Postgres

/// A simulated skincare twin of whom the truth is known, one snapshot a day at 09:00 from 2024-01-01 on.
///
/// Hydration is autocorrelated and follows humidity two days later; redness does not; both may react to a product.
struct CausalTwin {
  var days = 240
  /// How much hydration rises with humidity two days before, both in standard deviations; 0 = not at all.
  var humidityEffect = 0.8
  /// Days on which the product is used; nil = never.
  var usage: Range<Int>?
  /// The amounts that the product adds to hydration and to redness while it is used.
  var hydrationEffect = 0.0
  var rednessEffect = 0.0
  var product = "00000000-0000-0000-0000-0000000000aa"
  /// Whether the surroundings are recorded.
  var hasFactors = true
  var seed: UInt64 = 1

  /// The documents of each day: metrics, surroundings, products.
  private func documents() -> (metrics: [String], environment: [String?], usage: [String?]) {
    var noise = Noise(state: seed)
    let humidity = noise.autoregression(days, 0.5)
    let ultraviolet = noise.autoregression(days, 0.5)
    let hydration = noise.autoregression(days, 0.6)
    let redness = noise.autoregression(days, 0.6)
    var metrics: [String] = []
    var environment: [String?] = []
    var used: [String?] = []
    for day in 0..<days {
      let isUsed = usage?.contains(day) ?? false
      let follows = day >= 2 ? humidityEffect * humidity[day - 2] : 0
      let wet = 55 + 4 * (hydration[day] + follows) + (isUsed ? hydrationEffect : 0)
      let red = 40 + 4 * redness[day] + (isUsed ? rednessEffect : 0)
      metrics.append(#"{"hydration_index": \#(wet), "redness_index": \#(red)}"#)
      environment.append(
        hasFactors ? #"{"humidity_percent": \#(50 + 10 * humidity[day]), "uv_index": \#(5 + ultraviolet[day])}"# : nil)
      used.append(usage == nil ? nil : isUsed ? #"["\#(product)"]"# : "[]")
    }
    return (metrics, environment, used)
  }

  /// Writes its snapshots.
  func insert(_ subject: String, into test: JobsDatabase) async throws -> UUID {
    let twin: UUID = try await test.connection.query("SELECT twinmill.twin('skincare', \(subject))").only()
      .decode(UUID.self)
    try await insert(of: twin, into: test)
    return twin
  }

  /// Writes the snapshots of a twin that is there.
  func insert(of twin: UUID, into test: JobsDatabase) async throws {
    let (metrics, environment, used) = documents()
    _ = try await test.connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics, environmental_factors, product_usage)
      SELECT gen_random_uuid(), \(twin), '2024-01-01 09:00 UTC'::timestamptz + (n - 1) * interval '1 day', m::json,
        e::json, u::json
      FROM unnest(\(metrics), \(environment), \(used)) WITH ORDINALITY AS s (m, e, u, n)
      """)
  }

  /// The instant of a day's snapshot.
  static func date(_ day: Int) -> Date {
    Date(timeIntervalSince1970: 1_704_067_200 + 9 * 3600 + 86_400 * Double(day))
  }
}

/// The same noise in every run: twelve uniform numbers less six.
private struct Noise {
  private var random: SeededRandom

  init(state: UInt64) { random = SeededRandom(state: state) }

  private mutating func normal() -> Double { (0..<12).reduce(0) { sum, _ in sum + random.uniform() } - 6 }

  mutating func autoregression(_ count: Int, _ phi: Double) -> [Double] {
    var values = [normal()]
    let scale = (1 - phi * phi).squareRoot()
    while values.count < count { values.append(phi * values[values.count - 1] + scale * normal()) }
    return values
  }
}

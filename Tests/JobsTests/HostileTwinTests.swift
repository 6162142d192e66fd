import FoundationEssentials
import Postgres
import Queue
import TestSeries
import Testing

/// Twins whose histories nobody wrote on purpose, through every kind of job: each job ends, none ends the process, and
/// what is stored are finite numbers.
@Suite("Hostile twins", .dropsDatabases)
struct HostileTwinTests {
  private static let names = ["load", "Näme, with \"quotes\"", "{}", "a\nb", String(repeating: "x", count: 300)]

  /// A sensor twin of up to three metrics.
  private static func sensor(_ subject: String, _ one: inout HostileCase, in test: JobsDatabase) async throws -> UUID {
    let twin: UUID = try await test.connection.query("SELECT twinmill.twin('sensor', \(subject))").only()
      .decode(UUID.self)
    for name in Self.names.shuffled(by: &one).prefix(1 + one.below(3)) {
      let values = one.values(limit: 200)
      let instants = one.below(2) == 0 ? one.instants() : one.steps(values.count)
      let observed = zip(instants, values).filter {
        $1.isFinite && abs($0.timeIntervalSince1970) < 9e12
      }
      _ = try await test.connection.query(
        """
        INSERT INTO sensor_observations
        SELECT \(twin), \(name), to_timestamp(d), v
        FROM unnest(\(observed.map { $0.0.timeIntervalSince1970 }), \(observed.map(\.1))) AS s (d, v)
        ON CONFLICT DO NOTHING
        """)
    }
    return twin
  }

  /// A skincare twin with metrics, factors and products, of which some are no numbers, or none that can be.
  private static func skincare(
    _ subject: String, _ one: inout HostileCase, in test: JobsDatabase
  ) async throws -> UUID {
    let twin: UUID = try await test.connection.query("SELECT twinmill.twin('skincare', \(subject))").only()
      .decode(UUID.self)
    let names = [
      ["hydration_index", "redness_index", "oil_balance"], ["humidity_percent", "uv_index", "sleep_hours"],
    ]
    var columns: [[String: [Double]]] = []
    for names in names {
      columns.append(Dictionary(uniqueKeysWithValues: names.map { ($0, one.bounded(limit: 200)) }))
    }
    let days = columns.flatMap { $0.values.map(\.count) }.max() ?? 0
    let instants = one.below(3) == 0 ? one.instants() : one.steps(days)
    let used = (0..<3).map { _ in one.below(max(1, days))..<(200 + one.below(100)) }
    var documents: [[String]] = [[], [], []]
    for day in instants.indices {
      for (index, column) in columns.enumerated() {
        let members = column.filter { day < $0.value.count }.sorted { $0.key < $1.key }.map { name, values in
          let value = values[day]
          let odd = one.below(50) == 0
          let text = odd ? one.pick([#""often""#, "[]", "1e999", "-0", "{}", "null"]) : "\(value)"
          return "\"\(name)\": \(value.isFinite ? text : "null")"
        }
        documents[index].append("{" + members.joined(separator: ", ") + "}")
      }
      let products = used.enumerated().filter { $0.element.contains(day) }.map { "\"product \($0.offset)\"" }
      documents[2].append("[" + products.joined(separator: ", ") + "]")
    }
    _ = try await test.connection.query(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics, environmental_factors, product_usage)
      SELECT gen_random_uuid(), \(twin), to_timestamp(d), m::json, e::json, u::json
      FROM unnest(\(instants.map(\.timeIntervalSince1970)), \(documents[0]), \(documents[1]), \(documents[2]))
        AS s (d, m, e, u)
      WHERE abs(d) < 9e12 OR d IN ('Infinity', '-Infinity')
      """)
    return twin
  }

  @Test("whatever the history, every job of the chain ends, and what it stores is finite")
  func chain() async throws {
    let test = try await JobsDatabase.create(withInsights: true)
    for number in CaseNumbers() {
      var one = HostileCase(number: number, family: 3)
      let build = one.below(2) == 0 ? Self.sensor : Self.skincare
      let twin = try await build("\(number)", &one, test)
      for run in 0..<2 {
        var ends: [JobsDatabase.End] = []
        for kind in ["prediction", "correlation", "effect", "insight", "recommendation"] {
          _ = try await test.enqueue(kind, twin: twin)
        }
        ends += try await test.run(test.prediction).values
        ends += try await test.run(test.correlation).values
        ends += try await test.run(test.effect).values
        ends += try await test.run(test.insight).values
        ends += try await test.run(test.recommendation).values
        #expect(ends.count == 5, "case \(number)")
        for case .failed(let message, let isPermanent) in ends {
          #expect(isPermanent && message.count < 1_000, "case \(number): \(message)")
        }
        #expect(run == 0 || !ends.contains(.stored), "case \(number): the same history gives the same results")
      }
    }
    #expect(
      try await test.count(
        """
        SELECT count(*) FROM twinmill.latest_predictions
        WHERE NOT (mean BETWEEN lo95 AND hi95 AND lo95 > '-Infinity' AND hi95 < 'Infinity')
        """) == 0)
    #expect(try await test.count("SELECT count(*) FROM twin_insights WHERE description ~* '\\m(nan|inf)\\M'") == 0)
  }
}

extension HostileCase {
  /// Days, hours or minutes in order.
  fileprivate mutating func steps(_ count: Int) -> [Date] {
    let step = pick([86_400.0, 86_400, 3_600, 60])
    return (0..<count).map { Date(timeIntervalSince1970: 1_704_067_200 + step * Double($0)) }
  }

  /// Mostly what a score of 0 to 100 can be.
  fileprivate mutating func bounded(limit: Int) -> [Double] {
    let values = values(limit: limit)
    guard below(4) > 0, let least = values.filter(\.isFinite).min(), let most = values.filter(\.isFinite).max()
    else { return values }
    let range = max(most / 2 - least / 2, .leastNonzeroMagnitude)
    return values.map { 100 * ($0 / 2 - least / 2) / range }
  }
}

extension Array {
  fileprivate func shuffled(by one: inout HostileCase) -> [Element] {
    var copy = self
    for i in copy.indices.reversed() { copy.swapAt(i, one.below(i + 1)) }
    return copy
  }
}

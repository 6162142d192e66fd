import FoundationEssentials
import Numerics
import Postgres
import Simulation

extension [Double] {
  /// The value that this share of the values does not exceed (nearest rank); NaN of nothing.
  func quantile(_ share: Double) -> Double {
    OrderStatistics.quantile(share, of: self) ?? .nan
  }

  /// Of an even number of values the mean of the two in the middle.
  var median: Double {
    OrderStatistics.median(self, ofTwo: .mean) ?? .nan
  }
}

/// Times in milliseconds. Of nothing, all but the count are null.
struct LatencyFigures: Encodable {
  let count: Int
  let p50Ms: Double?
  let p90Ms: Double?
  let p99Ms: Double?
  let maxMs: Double?

  /// - Parameter milliseconds: in any order.
  init(_ milliseconds: [Double]) {
    count = milliseconds.count
    func figure(_ share: Double) -> Double? {
      milliseconds.isEmpty ? nil : milliseconds.quantile(share).rounded(to: 3)
    }
    p50Ms = figure(0.5)
    p90Ms = figure(0.9)
    p99Ms = figure(0.99)
    maxMs = figure(1)
  }
}

/// Rates of the rounds of one side, and their median.
struct RateFigures: Encodable {
  let perSecond: Double?
  let rounds: [Double]

  init(_ rates: [Double]) {
    perSecond = rates.isEmpty ? nil : rates.median.rounded(to: 0)
    rounds = rates.map { $0.rounded(to: 0) }
  }
}

/// Ratios of the rounds, each within its own round, and their median.
struct RatioFigures: Encodable {
  let median: Double?
  let rounds: [Double]

  /// `side` over `other`, round by round.
  init(_ side: [Double], over other: [Double]) {
    let ratios = zip(side, other).map { $0 / $1 }
    median = ratios.isEmpty ? nil : ratios.median.rounded(to: 3)
    rounds = ratios.map { $0.rounded(to: 3) }
  }
}

extension ContinuousClock {
  /// Seconds that `body` takes.
  static func seconds(of body: () async throws -> Void) async rethrows -> Double {
    let started = now
    try await body()
    return (now - started).seconds
  }
}

/// The server's clock, to the microsecond.
enum ServerClock {
  static func now(on connection: Connection) async throws -> Date {
    try await connection.query("SELECT clock_timestamp()")[0].decode(Date.self)
  }
}

import Glibc
import Testing

@testable import Inference

@Suite("Correlation search")
struct CorrelationSearchTests {
  /// Persistent series with a weekly wave; the metric follows factor 0 after four days and goes against factor 1.
  private static func twin(
    seed: UInt64, count: Int = 240, strength: Double = 0.6
  ) -> (factors: [[Double]], metrics: [[Double]]) {
    var noise = SimulatedNoise(seed: seed)
    var factors = [0.9, 0, 0.8, 0.5].map { noise.autoregression(count, $0) }
    factors[1] = factors[1].map { $0 > 0.3 ? 1 : 0 }
    var metric = noise.autoregression(count, 0.8)
    for t in 0..<count {
      if t >= 4 { metric[t] += strength * factors[0][t - 4] }
      metric[t] -= strength * factors[1][t]
      metric[t] += Double([3, 1, 0, -1, 0, -2, -1][t % 7]) * 0.4
    }
    return (factors, [metric, noise.autoregression(count, 0.9)])
  }

  private static func gaps(_ series: [Double], seed: UInt64, share: Double) -> [Double] {
    var noise = SimulatedNoise(seed: seed)
    return series.map { noise.uniform() < share ? .nan : $0 }
  }

  @Test("planted dependences are found at their lag and sign, persistent strangers are not")
  func planted() throws {
    let twin = Self.twin(seed: 5)
    let tests = try CorrelationSearch().tests(factors: twin.factors, metrics: twin.metrics)
    #expect(tests.count == 8)
    let q = FalseDiscoveryRate.adjusted(tests.map(\.p))
    let found = zip(tests, q).filter { $0.1 <= 0.05 }.map(\.0)
    #expect(found.map(\.factor) == [0, 1] && found.allSatisfy { $0.metric == 0 })
    #expect(found.map(\.lag) == [4, 0])
    #expect(found.map(\.direction) == [1, -1])
    #expect(found[0].given == [1] && found[1].given == [0])
    #expect(found[0].window == 0...239)
  }

  @Test("gaps of a quarter in every series cost strength, not truth")
  func missing() throws {
    let twin = Self.twin(seed: 6)
    let factors = twin.factors.enumerated().map { Self.gaps($1, seed: UInt64($0 + 1), share: 0.25) }
    let metrics = twin.metrics.enumerated().map { Self.gaps($1, seed: UInt64($0 + 9), share: 0.25) }
    let tests = try CorrelationSearch().tests(factors: factors, metrics: metrics)
    let q = FalseDiscoveryRate.adjusted(tests.map(\.p))
    #expect(
      zip(tests, q).filter { $0.1 <= 0.05 }.map { [$0.0.factor, $0.0.metric, $0.0.lag] } == [[0, 0, 4], [1, 0, 0]])
    #expect(tests.allSatisfy { $0.count < 200 })
  }

  @Test("p of independent persistent series is as uniform as it claims", arguments: [0.5, 0.95])
  func null(phi: Double) throws {
    var noise = SimulatedNoise(seed: 11)
    var p: [Double] = []
    for _ in 0..<25 {
      let series = (0..<12).map { _ in noise.autoregression(120, phi) }
      p += try CorrelationSearch().tests(factors: Array(series[..<8]), metrics: Array(series[8...])).map(\.p)
    }
    #expect(p.count == 800)
    // Binomial with n = 800: three standard errors are 0.023 and 0.011.
    #expect(abs(Double(p.count { $0 <= 0.05 }) / 800 - 0.05) < 0.025)
    #expect(Double(p.count { $0 <= 0.01 }) / 800 < 0.022)
    #expect(p.min() ?? 0 > 1e-5)
  }

  @Test("a wild day carries Pearson's correlation, not that of ranks")
  func outlier() throws {
    var noise = SimulatedNoise(seed: 2)
    var factor = noise.autoregression(100, 0)
    var metric = noise.autoregression(100, 0)
    factor[50] = 30
    metric[50] = 30
    let values = try CorrelationSearch(maximumLag: 0, measure: .values).tests(factors: [factor], metrics: [metric])
    let ranks = try CorrelationSearch(maximumLag: 0, measure: .ranks).tests(factors: [factor], metrics: [metric])
    #expect(values[0].r > 0.8 && ranks[0].r < 0.4)
    #expect(abs(ranks[0].valuesR - values[0].r) < 0.05 && values[0].valuesR == values[0].r)
  }

  @Test("scale and offset of the series do not matter")
  func units() throws {
    let twin = Self.twin(seed: 7)
    let plain = try CorrelationSearch().tests(factors: twin.factors, metrics: twin.metrics)
    let scaled = try CorrelationSearch().tests(
      factors: twin.factors.map { $0.map { 1e6 + 1e-3 * $0 } }, metrics: twin.metrics.map { $0.map { -5 + 1e5 * $0 } })
    for (left, right) in zip(plain, scaled) {
      #expect(left.lag == right.lag && abs(left.r - right.r) < 1e-5)
    }
  }

  @Test("series that hardly vary or are hardly observed are not tried")
  func unusable() throws {
    let twin = Self.twin(seed: 8)
    var rare = [Double](repeating: 0, count: 240)
    for day in [20, 90, 150] { rare[day] = 1 }
    let sparse = (0..<240).map { $0 % 20 == 0 ? Double($0) : .nan }
    let empty = [Double](repeating: .nan, count: 240)
    let tests = try CorrelationSearch().tests(
      factors: [rare, sparse, empty, twin.factors[0]],
      metrics: [[Double](repeating: 4, count: 240), empty, sparse] + twin.metrics)
    #expect(tests.map { [$0.factor, $0.metric] } == [[3, 3], [3, 4]])
    #expect(try CorrelationSearch().tests(factors: [[1, 2]], metrics: [[1, 2]]).isEmpty)
    #expect(try CorrelationSearch().tests(factors: [], metrics: []).isEmpty)
  }

  @Test(
    "series that share their calendar alone do not go together",
    arguments: ["pay day", "month", "year", "square day", "growing week"])
  func calendar(_ name: String) throws {
    var noise = SimulatedNoise(seed: 21)
    let count = name == "year" ? 730 : 360
    let calendar = (0..<count).map { day -> Double in
      switch name {
      case "pay day": day % 30 == 24 ? 8 : 0
      case "month": 4 * sin(2 * .pi * Double(day) / 30)
      case "year": 4 * sin(2 * .pi * Double(day) / 365)
      case "square day": day % 24 < 10 ? 8 : -8
      default: (1 + Double(day) / Double(count)) * (day % 7 == 6 ? -8 : 0)
      }
    }
    var findings = 0
    for _ in 0..<8 {
      let factor = zip(calendar, noise.autoregression(count, 0)).map { $0 + $1 }
      let metric = zip(calendar, noise.autoregression(count, 0)).map { $0 + $1 }
      findings += try CorrelationSearch().tests(factors: [factor], metrics: [metric]).count { $0.p <= 0.05 }
    }
    #expect(findings <= 2)
  }

  @Test("what goes together besides its calendar is found")
  func besidesCalendar() throws {
    var noise = SimulatedNoise(seed: 22)
    for _ in 0..<3 {
      let factor = noise.autoregression(360, 0).enumerated().map { day, value in value + (day % 30 == 24 ? 8 : 0) }
      let metric = noise.autoregression(360, 0).enumerated().map { day, value in
        value + (day % 30 == 24 ? 8 : 0) + (day >= 2 ? 0.5 * factor[day - 2] : 0)
      }
      let test = try #require(try CorrelationSearch().tests(factors: [factor], metrics: [metric]).first)
      #expect(test.p < 0.001 && test.lag == 2 && test.r > 0.2)
    }
  }

  @Test("rare events that coincide once, and scatter that grows in both, are no correlation")
  func scatter() throws {
    var noise = SimulatedNoise(seed: 23)
    var findings = 0
    for round in 0..<20 {
      var series = (0..<2).map { _ in noise.autoregression(300, 0) }
      for index in series.indices {
        series[index] =
          round < 10
          ? series[index].map { $0 > 2 ? 1 : 0 }
          : series[index].enumerated().map { $0 >= 150 ? 4 * $1 : $1 }
      }
      findings += try CorrelationSearch().tests(factors: [series[0]], metrics: [series[1]]).count { $0.p <= 0.05 }
    }
    #expect(findings <= 3)
  }

  @Test("a series that cannot be tried is told why")
  func obstacles() {
    let steady = [Double](repeating: 4, count: 30)
    let rare = (0..<30).map { $0 % 10 == 0 ? 1.0 : 0 }
    #expect(CorrelationSearch.obstacle(ofMetric: [1, 2, .nan]) == .tooFew(2))
    #expect(CorrelationSearch.obstacle(ofMetric: steady) == .constant)
    #expect(CorrelationSearch.obstacle(ofFactor: rare) == .hardlyVaries(differing: 3))
    #expect(CorrelationSearch.obstacle(ofMetric: rare) == nil)
    // Numbers of this size hold a scatter of one to a thousandth.
    #expect(CorrelationSearch.obstacle(ofFactor: (0..<30).map { 1e13 + Double($0 % 3) }) == nil)
  }

  @Test("what cannot be correlated is refused with the reason")
  func refusals() {
    let series = [Double](repeating: 1, count: 30)
    #expect(throws: InferenceError.unequalLengths(expected: 30, found: 29)) {
      try CorrelationSearch().tests(factors: [series], metrics: [Array(series.dropLast())])
    }
    #expect(throws: InferenceError.infiniteValue(series: 1, index: 3)) {
      try CorrelationSearch().tests(factors: [series], metrics: [series.indices.map { $0 == 3 ? .infinity : 1 }])
    }
    #expect(throws: InferenceError.invalidLag(30)) {
      try CorrelationSearch(maximumLag: 30).tests(factors: [series], metrics: [series])
    }
  }
}

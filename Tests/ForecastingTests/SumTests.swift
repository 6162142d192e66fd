import Testing

@testable import Forecasting

@Suite("Sums and means over the horizon")
struct SumTests {
  @Test("independent errors add by the root of the number, a random walk's by the sum of squares")
  func reach() {
    let independent = Forecast.reach([2, 2, 2, 2], factor: 1)
    for (a, b) in zip(independent, [2, 8.0.squareRoot(), 12.0.squareRoot(), 4]) { #expect(abs(a - b) < 1e-12) }
    // Var of y_1 + … + y_h for a random walk with unit steps: 1² + 2² + … + h².
    let walk = Forecast.reach((1...4).map { Double($0).squareRoot() }, factor: 1)
    for (a, b) in zip(walk, [1, 5.0.squareRoot(), 14.0.squareRoot(), 30.0.squareRoot()]) { #expect(abs(a - b) < 1e-12) }
    // Never beyond errors that are all alike.
    #expect(Forecast.reach([1, 1, 1], factor: 100)[2] == 3)
    #expect(Forecast.reach([1, 1, 1], factor: 3)[0] == 1)
    #expect(Forecast.reach([0, 0], factor: 2) == [0, 0])
    #expect(Forecast.reach([1e300, 1e300], factor: 1)[1] > 1.4e300)
  }

  @Test("sums add the forecasts, contain them, and stay within the sums of the steps' bounds")
  func sums() throws {
    let forecast = try Forecaster(season: [12]).forecast(Datasets.passengers, horizon: 12)
    let band = try #require(forecast.interval(level: 0.95))
    let sums = try #require(forecast.sums(level: 0.95))
    #expect(abs(sums.sum[11] - forecast.mean.reduce(0, +)) < 1e-9)
    #expect(sums.lower[0] == band.lower[0] && sums.upper[0] == band.upper[0])
    for j in 0..<12 { #expect(sums.lower[j] <= sums.sum[j] && sums.sum[j] <= sums.upper[j]) }
    #expect(sums.upper[11] <= band.upper.reduce(0, +) + 1e-9)
    #expect(sums.upper[11] - sums.sum[11] > band.upper[11] - forecast.mean[11])
    let late = try #require(forecast.sums(level: 0.95, after: 9))
    #expect(late.sum.count == 3 && abs(late.sum[2] - forecast.mean[9...].reduce(0, +)) < 1e-9)
    #expect(forecast.sums(level: 0.5) == nil && forecast.sums(level: 0.95, after: 12) == nil)
  }

  /// Processes whose sums behave differently.
  enum Process: String, CaseIterable, Sendable {
    case independent, autoregressive, walk, seasonal, alternating
  }

  @Test("of simulated sums about 95 of 100 lie in their interval", arguments: Process.allCases)
  func coverage(process: Process) throws {
    var state = UInt64(process.rawValue.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    func noise() -> Double {
      var sum = -6.0
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum += Double(state >> 11) * 0x1p-53
      }
      return sum
    }
    let horizon = 12
    var inside = 0
    let series = 120
    for _ in 0..<series {
      var values: [Double] = []
      var last = 0.0
      for t in 0..<(96 + horizon) {
        switch process {
        case .independent: last = noise()
        case .autoregressive: last = 0.7 * last + noise()
        case .alternating: last = -0.6 * last + noise()
        case .walk: last += noise()
        case .seasonal: last = 5 * Double(t % 12 - 6) + noise()
        }
        values.append(100 + last)
      }
      let forecast = try Forecaster(season: [12]).forecast(Array(values.prefix(96)), horizon: horizon)
      let sums = try #require(forecast.sums(level: 0.95))
      let actual = values.suffix(horizon).reduce(0, +)
      if sums.lower[horizon - 1] <= actual, actual <= sums.upper[horizon - 1] { inside += 1 }
    }
    // 114 of 120 expected; 1 in 1,000 samples of a true 95 % lies below 106.
    #expect(inside >= 104, "\(inside) of \(series)")
  }

  @Test("a table of a backtest's sums counts prefixes of the horizon")
  func table() throws {
    let backtest = try Forecaster(season: [12]).backtest(Datasets.passengers, horizon: 6, levels: [0.95], origins: 2)
    var table = BacktestTable(levels: [0.95])
    table.add(backtest, sums: true)
    #expect(table.steps.map(\.count) == [Int](repeating: 2, count: 6))
    let errors = backtest.origins.map { origin in
      200 * abs(origin.actual.reduce(0, +) - origin.forecast.mean.reduce(0, +))
        / (origin.actual.reduce(0, +) + origin.forecast.mean.reduce(0, +))
    }
    #expect(abs(table.steps[5].symmetricPercentageError - (errors[0] + errors[1]) / 2) < 1e-9)
  }
}

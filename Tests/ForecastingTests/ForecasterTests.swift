import Glibc
import Testing

@testable import Forecasting

@Suite("Forecaster")
struct ForecasterTests {
  private func isSound(_ forecast: Forecast, horizon: Int) -> Bool {
    forecast.mean.count == horizon && forecast.mean.allSatisfy(\.isFinite)
      && forecast.components.trend.allSatisfy(\.isFinite) && forecast.components.seasonal.allSatisfy(\.isFinite)
      && forecast.members.allSatisfy { $0.weight.isFinite && ($0.error?.isFinite ?? true) }
      && forecast.bands.allSatisfy { band in
        band.lower.count == horizon && band.upper.count == horizon
          && zip(band.lower, band.upper).allSatisfy { $0.isFinite && $1.isFinite && $0 <= $1 }
      }
  }

  @Test("the pool beats the seasonal naive forecast on the last two years of airline passengers")
  func passengers() throws {
    let train = Array(Datasets.passengers.prefix(120))
    let actual = Array(Datasets.passengers.suffix(24))
    let forecast = try Forecaster(season: [12]).forecast(train, horizon: 24)
    func error(_ mean: [Double]) -> Double { zip(mean, actual).reduce(0) { $0 + abs($1.0 - $1.1) } / 24 }
    let naive = try SeasonalNaive(period: 12).fit(train).forecast(horizon: 24).mean
    #expect(error(forecast.mean) < 0.7 * error(naive))
    let band = try #require(forecast.interval(level: 0.95))
    #expect(zip(zip(band.lower, band.upper), actual).count { $0.0 <= $1 && $1 <= $0.1 } >= 20)
    #expect(forecast.levels == [0.8, 0.95])
    #expect(abs(forecast.members.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
    #expect(forecast.members.map(\.weight) == forecast.members.map(\.weight).sorted(by: >))
    var level = forecast.components.level
    for j in 0..<24 {
      level += forecast.components.trend[j]
      #expect(abs(level + forecast.components.seasonal[j] - forecast.mean[j]) < 1e-9)
    }
  }

  @Test("the same input gives the same bits")
  func determinism() throws {
    let forecaster = Forecaster(season: [12])
    let first = try forecaster.forecast(Datasets.passengers, horizon: 18)
    for _ in 0..<3 { #expect(try forecaster.forecast(Datasets.passengers, horizon: 18) == first) }
  }

  @Test("a series scaled by a power of two gives the forecast scaled, to the last bit")
  func scaling() throws {
    let one = try Forecaster(season: [12]).forecast(Datasets.passengers, horizon: 6)
    let scaled = try Forecaster(season: [12]).forecast(Datasets.passengers.map { $0 * 0x1p900 }, horizon: 6)
    #expect(scaled.mean == one.mean.map { $0 * 0x1p900 })
  }

  @Test("each method alone forecasts, with the members that it names", arguments: ForecastMethod.allCases)
  func methods(method: ForecastMethod) throws {
    let forecast = try Forecaster(season: [12], method: method).forecast(Datasets.passengers, horizon: 12)
    #expect(isSound(forecast, horizon: 12))
    #expect(forecast.model == method.rawValue)
    #expect((method == .pool) == (forecast.members.count > 1))
    // The pool meets them below, with more seasons and horizons.
    for series in HostileSeries.allCases where method != .pool {
      #expect(isSound(try Forecaster(season: [7], method: method).forecast(series.values, horizon: 9), horizon: 9))
    }
  }

  @Test("forecasts and bounds stay in the range of the metric")
  func bounds() throws {
    let rising = (0..<40).map { 60 + Double($0) + ($0 % 3 == 0 ? 2 : 0) }
    let forecast = try Forecaster(bounds: 0...100).forecast(rising, horizon: 20)
    #expect(forecast.mean.allSatisfy { $0 <= 100 })
    #expect(forecast.bands.allSatisfy { $0.upper.allSatisfy { $0 <= 100 } && $0.lower.allSatisfy { $0 >= 0 } })
  }

  @Test("hostile series give finite forecasts", arguments: HostileSeries.allCases)
  func hostile(series: HostileSeries) throws {
    for season in [[], [7], [1, 12], [2], [1_000_000]] {
      for horizon in [1, 7, 40] {
        let forecast = try Forecaster(season: season).forecast(series.values, horizon: horizon)
        #expect(isSound(forecast, horizon: horizon), "season \(season), horizon \(horizon)")
      }
    }
  }

  @Test("too little to forecast and wrong settings are refused with their reason")
  func errors() {
    let forecaster = Forecaster()
    #expect(throws: ForecastingError.noValues) { try forecaster.forecast([], horizon: 1) }
    #expect(throws: ForecastingError.noValues) { try forecaster.forecast([.nan, .nan], horizon: 1) }
    #expect(throws: ForecastingError.infiniteValue(index: 1)) { try forecaster.forecast([1, .infinity], horizon: 1) }
    #expect(throws: ForecastingError.invalidHorizon(0)) { try forecaster.forecast([1], horizon: 0) }
    #expect(throws: ForecastingError.invalidHorizon(.max)) { try forecaster.forecast([1], horizon: .max) }
    #expect(throws: ForecastingError.invalidLevel(95)) { try forecaster.forecast([1], horizon: 1, levels: [95]) }
    #expect(throws: ForecastingError.invalidSeason(0)) { try Forecaster(season: [0]).forecast([1], horizon: 1) }
    #expect(throws: ForecastingError.valueOutOfRange(index: 0)) { try ThetaModel.standard.fit([1e200, 1, 2]) }
  }

  @Test("one value is repeated without an interval; two give a very wide one")
  func veryShort() throws {
    let one = try Forecaster().forecast([.nan, 5], horizon: 3)
    #expect(one.mean == [5, 5, 5] && one.bands.isEmpty && one.interval(level: 0.95) == nil)
    let two = try Forecaster().forecast([4, 5], horizon: 1)
    let band = try #require(two.interval(level: 0.95))
    // Student's t with one degree of freedom: 12.7062 (any table).
    #expect(abs(band.upper[0] - 5 - 12.7062) < 1e-4)
  }

  @Test("a backtest shows each forecast only what came before, and counts errors and coverage")
  func backtest() throws {
    let forecaster = Forecaster(season: [12])
    let backtest = try forecaster.backtest(Datasets.passengers, horizon: 12, levels: [0.95], origins: 2)
    #expect(backtest.origins.map(\.count) == [120, 132])
    #expect(backtest.origins[1].actual == Array(Datasets.passengers.suffix(12)))
    let alone = try forecaster.forecast(Array(Datasets.passengers.prefix(120)), horizon: 12, levels: [0.95])
    #expect(backtest.origins[0].forecast == alone)
    var table = BacktestTable(levels: [0.95])
    table.add(backtest)
    #expect(table.steps.map(\.count) == [Int](repeating: 2, count: 12))
    #expect(table.total.count == 24)
    #expect(table.total.scaledError < 1)
    #expect(table.total.coverage[0] > 0.8)
    // By hand: the first step of both origins.
    let first = backtest.origins.map {
      200 * abs($0.actual[0] - $0.forecast.mean[0]) / ($0.actual[0] + $0.forecast.mean[0])
    }
    #expect(abs(table.steps[0].symmetricPercentageError - (first[0] + first[1]) / 2) < 1e-12)
    #expect(throws: ForecastingError.tooFewValues(needed: 15, present: 14)) {
      try forecaster.backtest(Array(Datasets.passengers.prefix(14)), horizon: 12)
    }
  }

  @Test("a cancelled task stops between members")
  func cancellation() async {
    let task = Task { () -> ForecastingError? in
      withUnsafeCurrentTask { $0?.cancel() }
      do throws(ForecastingError) {
        _ = try Forecaster(season: [12]).forecast(Datasets.passengers, horizon: 12)
        return nil
      } catch {
        return error
      }
    }
    #expect(await task.value == .cancelled)
  }

  @Test("two cycles and a third show the season, as three do", arguments: [(7, 16), (7, 20), (12, 28), (12, 35)])
  func twoCycles(period: Int, count: Int) throws {
    let season = (0..<count + period).map { 50 + 10 * sin(2 * .pi * Double($0) / Double(period)) }
    let noise = (0..<count + period).map { 0.5 * sin(Double($0 * $0)) }
    let values = zip(season, noise).map { $0 + $1 }
    let forecast = try Forecaster(season: [period]).forecast(Array(values[..<count]), horizon: period)
    let error = (0..<period).reduce(0) { $0 + abs(forecast.mean[$1] - season[count + $1]) } / Double(period)
    #expect(error < 1.5)
  }

  @Test("what runs empty ends at 0, and its interval holds 0")
  func empty() throws {
    let forecast = try Forecaster().forecast((0..<40).map { 118 - 3 * Double($0) }, horizon: 10, levels: [0.95])
    let band = try #require(forecast.interval(level: 0.95))
    #expect(forecast.mean.allSatisfy { $0 >= 0 } && forecast.mean.last == 0)
    #expect(band.lower.allSatisfy { $0 >= 0 } && zip(band.lower, band.upper).allSatisfy { $0 <= $1 })
  }

  @Test("intervals of small counts are whole and begin at 0 where 0 comes; per cent and switches stay in their range")
  func kinds() throws {
    let counts = (0..<120).map { (2.5 * (1 + sin(Double($0 * $0)))).rounded(.down) }
    let forecast = try Forecaster().forecast(counts, horizon: 6, levels: [0.8, 0.95])
    for band in forecast.bands {
      #expect(band.lower.allSatisfy { $0 == 0 } && band.upper.allSatisfy { $0 == $0.rounded() || $0 < 4 })
    }
    let percent: [Double] = (0..<100).map { [100, 75, 100, 50, 100, 100, 75][$0 * 3 % 7] }
    let switched: [Double] = (0..<100).map { $0 * $0 % 7 < 2 ? 1 : 0 }
    for (values, most) in [(percent, 100.0), (switched, 1.0)] {
      let forecast = try Forecaster().forecast(values, horizon: 6, levels: [0.95])
      #expect(forecast.mean.allSatisfy { (0...most).contains($0) })
      #expect(forecast.bands[0].upper.allSatisfy { $0 <= most } && forecast.bands[0].lower.allSatisfy { $0 >= 0 })
    }
  }
}

/// Series that trap careless code.
enum HostileSeries: CaseIterable, Sendable {
  case constant, zeros, three, step, spike, huge, mixedHuge, tiny, alternating, negative, crossing, gaps, longGap
  case trailingGap, exponential, zerosAndOnes, perfectLine, perfectSeason, twoValuesFarApart, wildMagnitudes

  var values: [Double] {
    switch self {
    case .constant: [Double](repeating: 7, count: 50)
    case .zeros: [Double](repeating: 0, count: 50)
    case .three: [1, 5, 2]
    case .step: [Double](repeating: 1, count: 30) + [Double](repeating: 1e6, count: 30)
    case .spike: (0..<60).map { $0 == 30 ? 1e12 : 1 }
    case .huge: (0..<60).map { 1e300 * (1 + 0.1 * Double($0 % 5)) }
    case .mixedHuge: (0..<60).map { $0 % 2 == 0 ? 1e308 : -1e308 }
    case .tiny: (0..<60).map { 0x1p-1030 * Double(1 + $0 % 7) }
    case .alternating: (0..<61).map { $0 % 2 == 0 ? 1 : -1 }
    case .negative: (0..<60).map { -100 + Double($0 % 12) }
    case .crossing: (0..<60).map { Double($0) - 30 }
    case .gaps: (0..<120).map { $0 % 3 == 0 ? .nan : Double($0 % 7) }
    case .longGap: (0..<120).map { (t: Int) -> Double in t > 20 && t < 100 ? .nan : Double(t % 12) + 1 }
    case .trailingGap: (0..<120).map { $0 > 60 ? .nan : Double($0 % 12) + 1 }
    case .exponential: (0..<60).map { (t: Int) -> Double in Double(sign: .plus, exponent: 10 * t, significand: 1) }
    case .zerosAndOnes: (0..<90).map { $0 % 11 == 0 ? 1 : 0 }
    case .perfectLine: (0..<40).map { Double($0) }
    case .perfectSeason: (0..<84).map { Double($0 % 7) }
    case .wildMagnitudes:
      (0..<47).map { t in
        let size = pow(10, Double(t * 97 % 601 - 300))
        return t % 3 == 0 ? -size : size
      }
    case .twoValuesFarApart: [1] + [Double](repeating: .nan, count: 500) + [2]
    }
  }
}

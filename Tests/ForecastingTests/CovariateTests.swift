import Testing

@testable import Forecasting

@Suite("Covariates with a known future")
struct CovariateTests {
  /// Noise of twelve uniforms.
  private struct Noise {
    var state: UInt64
    mutating func next() -> Double {
      var sum = -6.0
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum += Double(state >> 11) * 0x1p-53
      }
      return sum
    }
  }

  /// 1 on these steps.
  private func event(_ name: String, _ on: Set<Int>, count: Int) -> Covariate {
    Covariate(name: name, values: (0..<count).map { on.contains($0) ? 1 : 0 })
  }

  @Test("least squares agree with numpy's lstsq, and a column that others explain gets nothing")
  func leastSquares() {
    let x = [[1.0, 1, 1, 1, 1], [1, 2, 3, 4, 6], [2, 3, 4, 5, 7]]
    let (coefficients, errors) = LeastSquares.solve(columns: x, [1, 3, 2, 5, 8])
    // numpy: lstsq([[1,1],[1,2],[1,3],[1,4],[1,6]], [1,3,2,5,8]) and its standard errors.
    #expect(abs(coefficients[0] + 0.56756757) < 1e-8 && abs(coefficients[1] - 1.36486486) < 1e-8)
    #expect(abs(errors[1] - 0.26970662) < 1e-8)
    #expect(coefficients[2] == 0 && errors[2] == .infinity)
  }

  @Test("effects and their standard errors are those that statsmodels finds for a regression with ARIMA(1,1,1) errors")
  func regression() throws {
    // The dam at Aswan began to hold back the Nile in 1899 (sample 28).
    let dam = Covariate(name: "dam", values: (0..<100).map { $0 >= 28 ? 1 : 0 })
    let effects = try CovariateRegression(Datasets.nile, [dam]).effects
    #expect(abs(effects[0].estimate - Self.damEffect) < 0.02 * abs(Self.damEffect))
    #expect(abs(effects[0].standardError - Self.damError) < 0.1 * Self.damError)
  }

  /// statsmodels 0.15.0, SARIMAX(diff(nile), exog = diff(dam), order = (1, 0, 1)).
  private static let damEffect = -249.200428
  private static let damError = 33.7918579

  @Test("a promotion of known effect is taken out of the past and put where it is planned")
  func promotion() throws {
    var noise = Noise(state: 11)
    let n = 120
    let past: Set = [20, 21, 45, 70, 71, 95]
    let covariate = event("promotion", past.union([n + 2]), count: n + 6)
    var level = 100.0
    let values = (0..<n).map { t -> Double in
      level += 0.3 * noise.next()
      return level + noise.next() + (past.contains(t) ? 25 : 0)
    }
    let plain = try Forecaster().forecast(values, horizon: 6)
    let found = try Forecaster().forecast(values, covariates: [covariate], horizon: 6)
    #expect(abs(found.effects[0].estimate - 25) < 2 && found.effects[0].share > 0.95)
    #expect(found.effects[0].standardError > 0.2 && found.effects[0].standardError < 1.5)
    let mean = found.forecast.mean
    #expect(abs(mean[2] - mean[1] - 25) < 3)
    #expect(found.forecast.components.known.map { abs($0) > 1 } == [false, false, true, false, false, false])
    // The promotions do not count as noise any more.
    func width(_ forecast: Forecast, _ j: Int) throws -> Double {
      let band = try #require(forecast.interval(level: 0.95))
      return band.upper[j] - band.lower[j]
    }
    #expect(try width(found.forecast, 1) < 0.6 * width(plain, 1))
    #expect(try width(found.forecast, 2) > width(found.forecast, 1))
  }

  @Test("a step that is over is evened out; the level of now stays")
  func step() throws {
    var noise = Noise(state: 5)
    let n = 80
    let values = (0..<n).map { ($0 < 70 ? 50 : 80) + noise.next() }
    let step = Covariate(name: "new pump", values: (0..<(n + 5)).map { $0 < 70 ? 0 : 1 })
    let found = try Forecaster().forecast(values, covariates: [step], horizon: 5)
    #expect(abs(found.effects[0].estimate - 30) < 3)
    #expect(found.forecast.components.known == [0, 0, 0, 0, 0])
    #expect(found.forecast.mean.allSatisfy { abs($0 - 80) < 2 })
    let band = try #require(found.forecast.interval(level: 0.95))
    #expect(band.upper[0] - band.lower[0] < 12)
  }

  @Test("an effect that the noise explains is left out, one without a past is not made up")
  func noEffect() throws {
    var noise = Noise(state: 3)
    let values = (0..<100).map { _ in noise.next() }
    let idle = event("idle", [30], count: 106)
    let new = event("new", [103], count: 106)
    let found = try Forecaster().forecast(values, covariates: [idle, new], horizon: 6)
    #expect(abs(found.effects[0].used) < 1.5)
    #expect(found.effects[1] == CovariateEffect(name: "new", estimate: 0, standardError: 0, share: 0))
    #expect(
      try Forecaster().forecast(values, covariates: [new], horizon: 6).forecast.mean
        == Forecaster().forecast(values, horizon: 6).mean)
  }

  @Test("hostile series and covariates give finite numbers or a clear error", arguments: HostileSeries.allCases)
  func hostile(series: HostileSeries) throws {
    let values = series.values
    let count = values.count + 4
    let covariates = [
      event("pulse", [values.count / 2, values.count + 1], count: count),
      Covariate(name: "line", values: (0..<count).map { Double($0) * 1e290 }),
      Covariate(name: "nothing", values: [Double](repeating: 0, count: count)),
      event("pulse again", [values.count / 2, values.count + 1], count: count),
    ]
    let found = try Forecaster(season: [7], bounds: -1e307...1e307).forecast(values, covariates: covariates, horizon: 4)
    #expect(FuzzTests.isSound(found.forecast, horizon: 4))
    #expect(
      found.effects.allSatisfy { $0.estimate.isFinite && $0.standardError.isFinite && (0...1).contains($0.share) })
    #expect(throws: ForecastingError.invalidCovariate("short")) {
      try Forecaster().forecast(values, covariates: [Covariate(name: "short", values: [1])], horizon: 4)
    }
  }
}

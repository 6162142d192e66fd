import Glibc
import Testing

@testable import Forecasting

/// References: statsmodels 0.15.0, `SARIMAX` over the differences (exact likelihood), best of four of its optimisers
/// and, for the last, started at our estimate, which is better; R's published `arima(log(AirPassengers), c(0,1,1), list(c(0,1,1)))`.
@Suite("ARIMA against independent references")
struct ARIMATests {
  private func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
  }

  private static let logarithms = Datasets.passengers.map { log($0) }

  /// One fit and what statsmodels finds.
  struct Reference: Sendable {
    var model: ARIMA
    var isNile: Bool
    var likelihood: Double
    var coefficients: [Double]
    var constant = 0.0
    var variance: Double
    var tolerance = 2e-3
  }

  private static let references = [
    Reference(
      model: ARIMA(.init(1, 0, 1), hasConstant: true), isNile: true, likelihood: -637.0387845333162,
      coefficients: [0.861033, -0.517679], constant: 920.694603, variance: 19_891.69493),
    Reference(
      model: ARIMA(.init(0, 1, 1)), isNile: true, likelihood: -632.5456251030415, coefficients: [-0.732943],
      variance: 20_599.866581),
    Reference(
      model: ARIMA(.init(2, 1, 1), hasConstant: true), isNile: true, likelihood: -629.5657650521093,
      coefficients: [0.272991, 0.079852, -0.924944], constant: -2.878642, variance: 19_299.539929),
    Reference(
      model: ARIMA(.init(0, 1, 1, seasonal: (0, 1, 1), period: 12)), isNile: false, likelihood: 244.69648683285538,
      coefficients: [-0.401823, -0.556937], variance: 0.001348),
    Reference(
      model: ARIMA(.init(1, 0, 1, seasonal: (1, 1, 0), period: 12), hasConstant: true), isNile: false,
      likelihood: 246.3224087842828, coefficients: [0.91, -0.462497, -0.380934], constant: 0.118261,
      variance: 0.001363),
    Reference(
      model: ARIMA(.init(2, 0, 0, seasonal: (1, 0, 1), period: 4), hasConstant: true), isNile: false,
      likelihood: 130.66356620211886, coefficients: [1.19008772, -0.22830181, -0.60418051, 0.94656864],
      constant: 5.49969447, variance: 0.0090664),
  ]

  @Test("likelihood, coefficients and variance are those that statsmodels finds", arguments: references)
  func fits(reference: Reference) throws {
    let fit = try reference.model.fit(reference.isNile ? Datasets.nile : Self.logarithms)
    // A search may end above another's, never below by more than its tolerance.
    #expect(fit.logLikelihood > reference.likelihood - 1e-4)
    #expect(fit.logLikelihood < reference.likelihood + 2e-2)
    for (a, b) in zip(fit.coefficients, reference.coefficients) { #expect(abs(a - b) < reference.tolerance) }
    #expect(fit.coefficients.count == reference.coefficients.count)
    #expect(close(fit.constant, reference.constant, 1e-2))
    #expect(abs(fit.variance / reference.variance - 1) < 1e-2)
  }

  @Test("forecasts and standard errors of the airline model agree with statsmodels")
  func airline() throws {
    let fit = try ARIMA(.init(0, 1, 1, seasonal: (0, 1, 1), period: 12)).fit(Self.logarithms)
    let forecast = fit.forecast(horizon: 24)
    let errors = fit.standardErrors(horizon: 24)
    for (step, mean, error) in [
      (0, 6.11018533, 0.03671153), (11, 6.16802446, 0.08156331), (23, 6.26427348, 0.13842171),
    ] {
      #expect(abs(forecast.mean[step] - mean) < 2e-4)
      #expect(abs(errors[step] / error - 1) < 2e-3)
    }
    #expect(fit.residuals.prefix(13).allSatisfy(\.isNaN) && !fit.residuals[13].isNaN)
    #expect(fit.name == "arima (0,1,1)(0,1,1)12")
  }

  @Test("with gaps the likelihood at given parameters is that of statsmodels, and so is the best fit")
  func gaps() throws {
    var values = Datasets.nile
    for i in [10, 11, 40, 41, 42, 77] { values[i] = .nan }
    let process = ARMAProcess(autoregression: [0.8], movingAverage: [-0.5])
    let filter = try #require(ARMAFilter(process))
    let sums = filter.run(values.map { SIMD2($0 - 900, 0) }).sums
    let likelihood =
      -0.5 * (Double(sums.count) * log(2 * Double.pi * 20_000) + sums.logDeterminant + sums.squares / 20_000)
    #expect(close(likelihood, -597.0686743991135, 1e-10))
    let fit = try ARIMA(.init(1, 0, 1), hasConstant: true).fit(values)
    #expect(abs(fit.logLikelihood + 595.79489) < 1e-3)
    #expect(fit.residuals[40].isNaN && !fit.residuals[43].isNaN)
  }

  @Test(
    "without gaps both filters give the same likelihood",
    arguments: [
      ([0.5, -0.3], [0.4]), ([0.99], [-0.7]), ([], [0.9, 0.2]), ([0, 0, 0, 0.8], [0.3, 0, 0, 0, -0.9]),
      ([0.1, 0.2, 0.3], []),
    ])
  func filters(phi: [Double], theta: [Double]) throws {
    let filter = try #require(ARMAFilter(ARMAProcess(autoregression: phi, movingAverage: theta)))
    let sample = Datasets.nile.map { SIMD2($0 - 900, 1) }
    let fast = filter.run(sample)
    let slow = filter.runWithGaps(sample) { _, _, _ in }
    #expect(close(fast.sums.squares, slow.sums.squares, 1e-10))
    #expect(close(fast.sums.cross, slow.sums.cross, 1e-10))
    #expect(close(fast.sums.regressor, slow.sums.regressor, 1e-10))
    #expect(close(fast.sums.logDeterminant, slow.sums.logDeterminant, 1e-9))
    for (a, b) in zip(fast.state, slow.state) { #expect(close(a.x, b.x, 1e-9)) }
  }

  @Test("partial autocorrelations become coefficients and come back")
  func partial() throws {
    let partial = [0.9, -0.5, 0.3, 0.99]
    let back = try #require(ARMAProcess.partial(coefficients: ARMAProcess.coefficients(partial: partial)))
    for (a, b) in zip(partial, back) { #expect(close(a, b, 1e-9)) }
    #expect(ARMAProcess.partial(coefficients: [1.01]) == nil)
    // (1 − .5 B)(1 − .3 B²) = 1 − .5 B − .3 B² + .15 B³
    #expect(ARMAProcess.product([0.5], seasonal: [0.3], period: 2) == [0.5, 0.3, -0.15])
  }

  @Test(
    "the stationarity test agrees with statsmodels' kpss",
    arguments: [(0, 2.5264564549208757), (2, 1.3152264631776724), (5, 0.8691205593783892)])
  func stationarity(lags: Int, expected: Double) {
    #expect(close(StationarityTest.statistic(Datasets.nile, lags: lags), expected, 1e-12))
    #expect(StationarityTest.rejects(Datasets.nile))
    #expect(!StationarityTest.rejects(Differences.over(1, Datasets.nile)))
  }

  @Test(
    "automatic ARIMA takes the airline's differences, a model no worse than the airline model, and no season for the Nile"
  )
  func automatic() throws {
    let air = try AutomaticARIMA(period: 12).fit(Self.logarithms)
    let airline = try ARIMA(.init(0, 1, 1, seasonal: (0, 1, 1), period: 12)).fit(Self.logarithms)
    #expect(air.model.order.seasonalDifferences == 1)
    // AICc of models with other differences are not comparable.
    if air.model.order.differences == 1 { #expect(air.correctedCriterion <= airline.correctedCriterion + 1e-6) }
    let nile = try AutomaticARIMA().fit(Datasets.nile)
    // R's auto.arima(Nile) is ARIMA(1,1,1), AICc 1267.51.
    #expect(nile.model.order.differences == 1)
    #expect(nile.correctedCriterion < 1_267.52)
    #expect(nile.rootsLie(beyond: 1.01))
  }

  @Test("a search without end is none: models beyond the budget are left out")
  func budget() throws {
    let largest = ARIMA(.init(2, 1, 2, seasonal: (1, 1, 1), period: 60))
    var automatic = AutomaticARIMA(period: 12)
    #expect(largest.searchCost(count: 1_000, hasGaps: true) > automatic.budget / 2)
    #expect(largest.searchCost(count: 1_000, hasGaps: false) < automatic.budget / 3)
    automatic.budget = 0
    #expect(try automatic.fit(Self.logarithms).name == "arima (0,0,0) with mean")
  }

  @Test("the order of a simulated process is found, with its coefficients")
  func simulated() throws {
    var state: UInt64 = 7
    func noise() -> Double {
      var sum = -6.0
      for _ in 0..<12 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        sum += Double(state >> 11) * 0x1p-53
      }
      return sum
    }
    var values: [Double] = [0, 0]
    for _ in 0..<600 { values.append(1.2 * values[values.count - 1] - 0.5 * values[values.count - 2] + noise()) }
    let fit = try AutomaticARIMA().fit(values.map { $0 + 50 })
    #expect(fit.model.order.differences == 0)
    let two = try ARIMA(.init(2, 0, 0), hasConstant: true).fit(values)
    #expect(abs(two.coefficients[0] - 1.2) < 0.1 && abs(two.coefficients[1] + 0.5) < 0.1)
    #expect(abs(two.variance - 1) < 0.15)
    #expect(fit.correctedCriterion <= two.correctedCriterion + 1e-3)
  }
}

import Glibc
import Testing

@testable import Forecasting

/// References: scipy 1.17.1, statsmodels 0.15.0, statsforecast 2.1.1, R's published decompose(AirPassengers).
@Suite("Models against independent references")
struct ModelTests {
  private func squares(_ residuals: [Double], from first: Int = 0) -> Double {
    residuals[first...].reduce(0) { $1.isNaN ? $0 : $0 + $1 * $1 }
  }

  private func close(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
  }

  @Test("seasonal indices of the airline passengers are those that R prints")
  func seasonalIndices() throws {
    let indices = try #require(SeasonalIndices(classical: Datasets.passengers[...], period: 12, isMultiplicative: true))
    let published = [
      0.9102304, 0.8836253, 1.0073663, 0.9759060, 0.9813780, 1.1127758, 1.2265555, 1.2199110, 1.0604919, 0.9217572,
      0.8011781, 0.8988244,
    ]
    for (a, b) in zip(indices.values, published) { #expect(abs(a - b) < 5e-8) }
    let additive = try #require(
      SeasonalIndices(classical: Datasets.passengers.map { $0 - 300 }[...], period: 12, isMultiplicative: false))
    #expect(close(additive.values[0], -24.74873737, 1e-9))
    #expect(close(additive.values[6], 63.83080808, 1e-9))
  }

  @Test("a missing value changes the indices little, and does not spread")
  func seasonalIndicesWithGaps() throws {
    var values = Datasets.passengers
    for i in [20, 57, 90] { values[i] = .nan }
    let gaps = try #require(SeasonalIndices(classical: values[...], period: 12, isMultiplicative: true))
    let whole = try #require(SeasonalIndices(classical: Datasets.passengers[...], period: 12, isMultiplicative: true))
    for (a, b) in zip(gaps.values, whole.values) { #expect(abs(a - b) < 0.01) }
    #expect(gaps.adjusted(values[...])[20].isNaN)
  }

  @Test("the season test agrees with the organisers' formula")
  func seasonTest() {
    #expect(SeasonalIndices.isSeasonal(Datasets.passengers[...], period: 12))
    #expect(SeasonalIndices.isSeasonal(Datasets.nile[...], period: 4))
    #expect(!SeasonalIndices.isSeasonal(Datasets.nile[...], period: 7))
    #expect(!SeasonalIndices.isSeasonal(Datasets.nile[...], period: 12))
  }

  @Test("simple smoothing of the Nile reaches the least squares found by scipy and statsmodels")
  func simpleSmoothing() throws {
    let fit = try ExponentialSmoothing(trend: .none).fit(Datasets.nile)
    #expect(close(squares(fit.residuals), 2_038_674.432, 1e-6))
    #expect(close(fit.levelSmoothing, 0.24573, 5e-3))
    #expect(close(fit.parameters[1].value, 1110.75, 1e-3))
    #expect(close(fit.forecast(horizon: 2).mean[1], 805.3167, 1e-3))
    #expect(close(fit.logLikelihood, -0.5 * 100 * log(2_038_674.432), 1e-6))
  }

  @Test(
    "linear and damped trends reach the least squares found by scipy from many starts",
    arguments: [
      (ExponentialSmoothing.Trend.additive, true, 2_020_260.84), (.damped, true, 2_007_176.91),
      (.none, false, 162_603.353), (.additive, false, 161_902.236), (.damped, false, 162_185.726),
    ])
  func trends(trend: ExponentialSmoothing.Trend, isNile: Bool, reference: Double) throws {
    let fit = try ExponentialSmoothing(trend: trend).fit(isNile ? Datasets.nile : Datasets.passengers)
    let found = squares(fit.residuals)
    // A simplex stops near the least value; it never lies below it.
    #expect(found >= reference * (1 - 1e-6))
    #expect(found <= reference * 1.002)
  }

  @Test("dynamic optimised Theta finds what statsforecast finds, or better")
  func dynamicTheta() throws {
    let nile = try ThetaModel.dynamicOptimised.fit(Datasets.nile)
    #expect(close(squares(nile.residuals, from: 3), 2_004_361.50, 1e-5))
    #expect(close(nile.smoothing, 0.26749, 5e-3))
    #expect(nile.theta == 1)
    for value in nile.forecast(horizon: 3).mean { #expect(close(value, 798.23, 1e-3)) }
    let air = try ThetaModel.dynamicOptimised.fit(Datasets.passengers)
    // statsforecast stops at 163,220.06; the least value of the closed form by scipy is 163,184.7708.
    #expect(close(squares(air.residuals, from: 3), 163_184.7708, 1e-6))
    #expect(close(air.weight, 0.3348839, 1e-5))
  }

  @Test("a Theta model's memory 1/α is at most a seventh of a short history", arguments: [true, false])
  func thetaMemory(isDynamic: Bool) throws {
    // Deviations from a line that cancel each other: the longer the memory the less the squared errors.
    func smoothing(_ count: Int) throws -> Double {
      let values = (0..<count).map { Double($0) + ($0 % 2 == 0 ? 3.0 : -3.0) }
      return try ThetaModel(isDynamic: isDynamic, isOptimised: true).fit(values).smoothing
    }
    #expect(try smoothing(14) == 0.5)
    #expect(try smoothing(35) == 0.2)
    #expect(try smoothing(140) == 0.1)
    // Less than seven samples hold no memory.
    #expect(try smoothing(6) == 0.99)
  }

  @Test("the standard Theta method is simple smoothing with half the slope as drift (Hyndman and Billah 2003)")
  func standardTheta() throws {
    let fit = try ThetaModel.standard.fit(Datasets.passengers)
    let mean = fit.forecast(horizon: 40).mean
    // numpy.polyfit(range(144), passengers, 1)[0] = 2.65718437…; the drift tends to half of it.
    #expect(close(mean[39] - mean[38], 2.657184 / 2, 1e-3))
  }

  @Test("Burg's coefficients agree with statsmodels")
  func burg() {
    let logs = Datasets.passengers.map { log($0) }
    let differences = zip(logs.dropFirst(), logs).map { $0 - $1 }
    let mean = differences.reduce(0, +) / Double(differences.count)
    let fit = Burg.fit(differences, mean: mean, maximumOrder: 4)
    let expected = [0.18597116, -0.19740845, -0.02646202, -0.32742974]
    #expect(fit.coefficients.count == 4)
    for (a, b) in zip(fit.coefficients, expected) { #expect(abs(a - b) < 1e-7) }
  }

  @Test("an autoregression over a gap uses the stretches around it")
  func burgWithGaps() throws {
    var values = Datasets.nile
    values[50] = .nan
    let whole = try Autoregression(maximumOrder: 1).fit(Datasets.nile)
    let gap = try Autoregression(maximumOrder: 1).fit(values)
    #expect(abs(whole.coefficients[0] + 0.40224679) < 1e-6)
    #expect(abs(gap.coefficients[0] - whole.coefficients[0]) < 0.05)
    #expect(gap.residuals[50].isNaN && gap.residuals[51].isFinite)
  }

  @Test("seasonal naive repeats the last cycle, over gaps as well")
  func seasonalNaive() throws {
    var values = Datasets.passengers
    values[143] = .nan
    let fit = try SeasonalNaive(period: 12).fit(values)
    #expect(fit.forecast(horizon: 14).mean == [417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 405, 417, 391])
    #expect(close(fit.standardErrors(horizon: 13)[12], fit.standardErrors(horizon: 1)[0] * 2.squareRoot(), 1e-12))
  }

  @Test("multiplicative smoothing follows the airline season")
  func holtWinters() throws {
    let model = ExponentialSmoothing(trend: .damped, season: .multiplicative(period: 12))
    let train = Array(Datasets.passengers.prefix(132))
    let mean = try model.fit(train).forecast(horizon: 12).mean
    let actual = Datasets.passengers.suffix(12)
    let error = zip(mean, actual).reduce(0) { $0 + abs($1.0 - $1.1) / $1.1 } / 12
    // statsforecast 2.1.1, ETS(M,Ad,M) of the same 132 months: 3.5%.
    #expect(error < 0.045)
    #expect(throws: ForecastingError.nonPositiveValue(index: 3)) {
      try model.fit([1, 2, 3, 0] + [Double](repeating: 1, count: 40))
    }
  }

  @Test("complex smoothing of the Nile reaches the least squares that scipy finds from many starts")
  func complexSmoothing() throws {
    let fit = try ComplexSmoothing().fit(Datasets.nile)
    let found = squares(fit.residuals)
    #expect(found >= 2_003_016.2 * (1 - 1e-6))
    #expect(found <= 2_003_016.2 * 1.005)
  }

  @Test("complex smoothing follows a season that changes, and never runs away")
  func complexSeason() throws {
    let train = Array(Datasets.passengers.prefix(132))
    let forecast = try AutomaticComplexSmoothing(period: 12).fit(train).forecast(horizon: 120)
    let error = zip(forecast.mean, Datasets.passengers.suffix(12)).reduce(0) { $0 + abs($1.0 - $1.1) / $1.1 } / 12
    #expect(error < 0.06)
    #expect(forecast.mean.allSatisfy { $0 > 0 && $0 < 5_000 })
  }

  @Test("automatic smoothing takes the season that the data have, and none where there is none")
  func automatic() throws {
    let air = try AutomaticSmoothing(period: 12).fit(Datasets.passengers)
    // statsforecast 2.1.1 and R choose ETS(M,Ad,M) for the airline passengers as well.
    #expect(air.model.season == .multiplicative(period: 12))
    #expect(try AutomaticSmoothing(period: 12).fit(Datasets.nile).model == ExponentialSmoothing(trend: .none))
  }

  @Test(
    "intermittent demand agrees with statsforecast's Croston, SBA and TSB",
    arguments: [
      (IntermittentDemand.Variant.croston, 0.1, 1.09567655), (.sba, 0.1, 1.04089273), (.tsb, 0.1, 0.86916286),
      (.tsb, 0.2, 0.96673651),
    ])
  func intermittent(variant: IntermittentDemand.Variant, smoothing: Double, expected: Double) throws {
    let demand: [Double] = [0, 0, 3, 0, 0, 0, 5, 0, 2, 0, 0, 0, 0, 4, 1, 0, 0, 6, 0, 0]
    let fit = try IntermittentDemand(variant, smoothing: smoothing).fit(demand)
    #expect(abs(fit.rate - expected) < 1e-8)
    #expect(fit.forecast(horizon: 3).mean == [fit.rate, fit.rate, fit.rate])
  }

  @Test("demand that has ended fades with TSB and not with Croston")
  func endedDemand() throws {
    let demand = (0..<120).map { $0 < 60 && $0 % 4 == 0 ? 5.0 : 0 }
    #expect(try IntermittentDemand(.tsb, smoothing: 0.2).fit(demand).rate < 0.001)
    #expect(try IntermittentDemand(.croston, smoothing: 0.2).fit(demand).rate > 1)
    #expect(throws: ForecastingError.valueOutOfRange(index: 1)) { try IntermittentDemand(.sba).fit([1, -1]) }
    #expect(IntermittentDemand.isIntermittent(demand))
    #expect(!IntermittentDemand.isIntermittent(Datasets.nile))
  }

  @Test("what a model is made of adds up to its forecast")
  func components() throws {
    let fit = try ExponentialSmoothing(trend: .damped, season: .additive(period: 12)).fit(Datasets.passengers)
    let forecast = fit.forecast(horizon: 24)
    var level = forecast.components.level
    for j in 0..<24 {
      level += forecast.components.trend[j]
      #expect(close(level + forecast.components.seasonal[j], forecast.mean[j], 1e-12))
    }
  }

  @Test("a missing value is stepped over: the fit to a series with gaps stays near the whole one")
  func gaps() throws {
    var values = Datasets.nile
    for i in stride(from: 5, to: 95, by: 9) { values[i] = .nan }
    for model: any ForecastModel in [
      ThetaModel.dynamicOptimised, ThetaModel.standard, ExponentialSmoothing(trend: .none),
      Autoregression(maximumOrder: 2),
    ] {
      let whole = try model.fit(Datasets.nile).forecast(horizon: 5)
      let holes = try model.fit(values).forecast(horizon: 5)
      for (a, b) in zip(whole.mean, holes.mean) { #expect(abs(a - b) < 60, "\(model.name)") }
      #expect(try model.fit(values).residuals[5].isNaN)
    }
  }
}

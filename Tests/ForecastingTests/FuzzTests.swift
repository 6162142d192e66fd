import Foundation
import Series
import TestSeries
import Testing

@testable import Forecasting

/// Random hostile series through every method and model: a forecast or a clear error, never a trap, never NaN.
@Suite("Fuzzing")
struct FuzzTests {
  @Test("whatever comes in, finite numbers in order or a clear error come out")
  func cases() throws {
    var longest = (seconds: 0.0, number: 0)
    var count = 0
    for number in CaseNumbers() {
      let clock = ContinuousClock()
      let start = clock.now
      var one = HostileCase(number: number)
      let method = one.pick(ForecastMethod.allCases)
      let values = one.values(limit: method == .arima ? 150 : 600)
      let horizon = 1 + one.below(one.below(10) == 0 ? 200 : 20)
      let seasons = (0..<one.below(4)).map { _ in one.pick([1, 2, 3, 4, 7, 12, 24, 52, 100_000]) }
      let bounds = one.below(4) == 0 ? -1.0...Double(one.below(1_000)) : nil
      let forecaster = Forecaster(season: seasons, bounds: bounds, method: method)
      let name = "case \(number): \(method), season \(seasons), horizon \(horizon), \(values.count) values"
      do throws(ForecastingError) {
        let forecast = try forecaster.forecast(values, horizon: horizon, levels: [0.5, 0.95])
        #expect(Self.isSound(forecast, horizon: horizon), "\(name)")
        if one.below(10) == 0 {
          let again = try forecaster.forecast(values, horizon: horizon, levels: [0.5, 0.95])
          #expect(again == forecast, "\(name)")
          let step = one.pick([0.1, 60, 3_600, 86_400, 1e9])
          let times = ChartTimes { Date(timeIntervalSince1970: 1e9 + step * Double($0)) }
          let chart = FanChart(
            title: name, history: values, forecast: forecast, times: one.below(2) == 0 ? times : nil)
          #expect(!chart.svg().contains("nan") && !chart.text().isEmpty, "\(name)")
          #expect(!chart.text(width: 30, height: 4, characters: .ascii).isEmpty, "\(name)")
        }
        if one.below(5) == 0 {
          let covariates = (0..<one.below(4)).map { k in
            let size = one.pick([1, 1e-9, 1e200, -3])
            return Covariate(
              name: "\(k)", values: (0..<(values.count + horizon)).map { _ in one.below(6) == 0 ? size : 0 })
          }
          let known = try forecaster.forecast(values, covariates: covariates, horizon: horizon, levels: [0.5, 0.95])
          #expect(Self.isSound(known.forecast, horizon: horizon), "\(name), covariates")
          #expect(known.effects.allSatisfy { $0.estimate.isFinite && $0.standardError.isFinite }, "\(name)")
        }
        if one.below(20) == 0, values.count > 12 {
          var table = BacktestTable(levels: [0.95])
          table.add(try forecaster.backtest(values, horizon: 2, levels: [0.95], origins: 2), sums: one.below(2) == 0)
        }
      } catch {
        switch error {
        case .noValues: #expect(!values.contains { !$0.isNaN }, "\(name)")
        case .infiniteValue(let index): #expect(values[index].isInfinite, "\(name)")
        case .tooFewValues: break
        default: Issue.record("\(name): \(error)")
        }
      }
      let duration = (clock.now - start) / .seconds(1)
      if duration > longest.seconds { longest = (duration, number) }
      count += 1
    }
    print("\(count) cases of forecasts; slowest: case \(longest.number), \(longest.seconds) s")
  }

  @Test("a model alone gives finite forecasts, or says why it cannot; going on from another fit too")
  func models() throws {
    for number in CaseNumbers() {
      var one = HostileCase(number: -number)
      let values = one.values(limit: 120)
      let period = one.pick([1, 2, 4, 7, 12, 24])
      let order = ARIMA.Order(
        one.below(3), one.below(3), one.below(3), seasonal: (one.below(2), one.below(2), one.below(2)), period: period)
      let models: [any ForecastModel] = [
        ARIMA(order, hasConstant: one.below(2) == 0), MultipleSeasons(periods: [period, 7]), FourTheta(),
        AutomaticSmoothing(period: period), ThetaModel.dynamicOptimised, Autoregression(lag: period),
        AutomaticComplexSmoothing(period: period), SeasonalNaive(period: period), IntermittentDemand(.tsb),
      ]
      let model: any ForecastModel = one.pick(models)
      try Self.check(model, values, "case \(number), period \(period), \(order)")
    }
  }

  @Test("whatever the instants and their order, a grid holds every observation once, or a clear error says why not")
  func grids() throws {
    let zones = ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Cairo"]
      .compactMap { TimeZone(identifier: $0) }
    for number in CaseNumbers() {
      var one = HostileCase(number: number, family: 2)
      let timestamps = one.instants()
      // Whole numbers, so that sums are exact in any order.
      let values = timestamps.map { _ in one.below(10) == 0 ? .nan : Double(one.below(1_000)) }
      var order = Array(timestamps.indices)
      for i in order.indices.reversed() { order.swapAt(i, one.below(i + 1)) }
      let (shuffled, moved) = (order.map { timestamps[$0] }, order.map { values[$0] })
      let zone = one.pick(zones)
      let step = CalendarStep(one.pick([.day, .week, .month]), count: one.pick([1, 1, 2, 3, 12]), timeZone: zone)
      // Grids of millions of samples that are just allowed take long and show nothing more.
      let span = (timestamps.max() ?? Date()).timeIntervalSince(timestamps.min() ?? Date())
      let lengths = [1e-6, 1e-3, 0.1, 0.3, 1, 7, 60, 3_600, 86_400, 604_800, 1e9].filter {
        !(1e5..<1e7).contains(span / $0)
      }
      let interval = one.pick([nil] + lengths).map { Duration.nanoseconds(Int64(($0 * 1e9).rounded())) }
      let isCalendar = one.below(4) == 0
      let name = "case \(number), \(timestamps.count) instants, \(isCalendar ? "\(step)" : "\(interval as Any)")"
      func grid(_ timestamps: [Date], _ values: [Double]) throws(SeriesError) -> RegularSeries {
        isCalendar
          ? try Resampling.regular(timestamps: timestamps, values: values, step: step, aggregation: .sum)
          : try Resampling.regular(timestamps: timestamps, values: values, interval: interval, aggregation: .sum)
      }
      do throws(SeriesError) {
        let series = try grid(timestamps, values)
        let again = try grid(shuffled, moved)
        #expect(again.start == series.start, "\(name)")
        #expect(again.values.map(\.bitPattern) == series.values.map(\.bitPattern), "\(name)")
        let present = series.values.filter { !$0.isNaN }
        #expect(present.reduce(0, +) == values.filter { !$0.isNaN }.reduce(0, +), "\(name)")
        let start = series.start
        #expect(series.date(at: 1) > start && series.date(at: series.values.count) > start, "\(name)")
        if series.values.count < 200 {
          let forecast = try? Forecaster().forecast(series.values, horizon: 2, levels: [0.95])
          #expect(forecast.map { Self.isSound($0, horizon: 2) } ?? true, "\(name)")
        }
      } catch {
        switch error {
        case .noObservations: #expect(timestamps.isEmpty, "\(name)")
        case .intervalUnknown: #expect(interval == nil && Set(timestamps).count < 2, "\(name)")
        case .tooManySamples(let needed): #expect(needed > Double(Resampling.maximumSamples), "\(name)")
        case .invalidInterval, .intervalTooFine, .invalidTimestamp: break
        case .countMismatch: Issue.record("\(name): \(error)")
        }
      }
    }
  }

  private static func check<M: ForecastModel>(_ model: M, _ values: [Double], _ name: String) throws {
    do throws(ForecastingError) {
      let fit = try model.fit(values)
      for fitted in [fit, try model.update(fit, with: values), try model.fit(values, from: fit)] {
        let forecast = fitted.forecast(horizon: 9)
        #expect(isSound(forecast, horizon: 9), "\(name), \(model.name)")
        #expect(fitted.residuals.count == values.count, "\(name), \(model.name)")
      }
    } catch {
      if case .cancelled = error { Issue.record("\(name): \(error)") }
    }
  }

  static func isSound(_ forecast: Forecast, horizon: Int) -> Bool {
    guard forecast.mean.count == horizon, forecast.mean.allSatisfy(\.isFinite),
      forecast.components.trend.allSatisfy(\.isFinite), forecast.components.seasonal.allSatisfy(\.isFinite),
      forecast.members.allSatisfy({ member in
        member.weight.isFinite && member.error?.isFinite ?? true && member.parameters.allSatisfy { !$0.value.isNaN }
      })
    else { return false }
    return forecast.bands.allSatisfy { band in
      guard let sums = forecast.sums(level: band.level) else { return false }
      return zip(band.lower, band.upper).allSatisfy { $0.isFinite && $1.isFinite && $0 <= $1 }
        && zip(sums.lower, sums.upper).allSatisfy { $0.isFinite && $1.isFinite && $0 <= $1 }
        && zip(forecast.mean, zip(band.lower, band.upper)).allSatisfy { $1.0 <= $0 && $0 <= $1.1 }
    }
  }
}

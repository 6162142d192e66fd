import Glibc
import Testing

@testable import Forecasting

@Suite("Pool")
struct PoolTests {
  @Test("the last origin lies a third of the horizon before the end, so that the newest samples are forecast as well")
  func origins() {
    #expect(RollingOrigins.origins(count: 100, horizon: 18, period: 12) == [64, 70, 76, 82, 88, 94])
    #expect(RollingOrigins.origins(count: 20, horizon: 6, period: 1) == [8, 10, 12, 14, 16, 18])
    // A horizon beyond a third of the history counts as that third.
    #expect(RollingOrigins.origins(count: 9, horizon: 40, period: 1) == [4, 5, 6, 7, 8])
    #expect(RollingOrigins.origins(count: 3, horizon: 2, period: 1) == [])
  }

  @Test("a member weighs 1 / error⁴, each error in units of what the members err on average at its origin")
  func weights() throws {
    // The level falls by a third at 1898, where everyone errs: that origin must not drown the others.
    let values = Array(Datasets.nile.prefix(36)).map { $0 / 1_000 }
    let plan = PoolPlan(values, seasons: [])
    let rolling = try RollingOrigins(values, plan: plan, horizon: 6)
    #expect(rolling.origins == [24, 26, 28, 30, 32, 34])
    var sums = [Double](repeating: 0, count: plan.members.count)
    for (age, k) in rolling.origins.indices.reversed().enumerated() {
      let errors = try rolling.forecasts[k].map { forecast in
        let forecast = try #require(forecast)
        return forecast.indices.reduce(0.0) { $0 + abs(values[rolling.origins[k] + $1] - forecast[$1]) }
          / Double(forecast.count)
      }
      let usual = errors.reduce(0, +) / Double(errors.count)
      for member in errors.indices { sums[member] += pow(0.85, Double(age)) * errors[member] / usual }
    }
    let shares = sums.map { pow($0, -4) }
    let total = shares.reduce(0, +)
    let found = PoolWeights(rolling, values: values).shares
    // The floor under the errors moves the shares by some millionths.
    for (share, found) in zip(shares, found) { #expect(abs(share / total - found) < 1e-4) }
  }

  @Test("a short history has three Theta models, a long one without season a damped trend")
  func members() {
    func names(_ count: Int, seasons: [Int] = []) -> [String] {
      PoolPlan(Array(Datasets.passengers.prefix(count)), seasons: seasons).members.map(\.name)
    }
    #expect(
      names(59) == [
        "dynamic optimised theta", "optimised theta", "theta", "exponential smoothing", "autoregression",
      ])
    #expect(
      names(60) == [
        "dynamic optimised theta", "exponential smoothing", "damped trend", "autoregression",
        "autoregression, logarithms",
      ])
    #expect(!names(144, seasons: [12]).contains("damped trend"))
  }
}

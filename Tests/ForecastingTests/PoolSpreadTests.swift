import Testing

@testable import Forecasting

@Suite("Intervals of the pool")
struct PoolSpreadTests {
  private func equal(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-12 * max(abs(a), abs(b)) }

  @Test("members that disagree widen the interval by the variance of their forecasts")
  func disagreement() throws {
    let values = Datasets.nile.map { $0 / 1_000 }
    let plan = PoolPlan(values, seasons: [])
    let rolling = try RollingOrigins(values, plan: plan, horizon: 4, isRolling: false)
    func spread(_ first: Double, _ mean: [Double]) -> PoolSpread {
      var weights = [Double](repeating: 0, count: plan.members.count)
      weights[0] = first
      weights[2] = 1 - first
      return PoolSpread(rolling, plan: plan, mean: mean, weights: weights, values: values)
    }
    let one = try #require(rolling.final[0]).mean
    let two = try #require(rolling.final[2]).mean
    let own = (spread(1, one).errors, spread(0, two).errors)
    let both = spread(0.25, zip(one, two).map { 0.25 * $0 + 0.75 * $1 }).errors
    for j in 0..<4 {
      let average = 0.25 * own.0[j] + 0.75 * own.1[j]
      // Σ w (f − mean)² of two values with weights ¼ and ¾.
      let between = 0.25 * 0.75 * (one[j] - two[j]) * (one[j] - two[j])
      #expect(between > 0)
      #expect(equal(both[j] * both[j], average * average + between))
    }
  }

  @Test("where no value was negative no lower bound is, and bounds mirror each other on the scale of square roots")
  func positive() throws {
    let values = Datasets.nile.map { $0 - 455 }
    let forecast = try Forecaster().forecast(values, horizon: 60, levels: [0.5, 0.95, 0.9999])
    for band in forecast.bands {
      for (j, mean) in forecast.mean.enumerated() {
        let root = max(0, 1 - (band.upper[j] - mean) / (2 * mean))
        #expect(abs(band.lower[j] - mean * root * root) < 1e-9 * mean)
      }
    }
    #expect(forecast.bands[2].lower.contains(0))
  }

  @Test("where a value was negative the bounds lie as far below as above")
  func signed() throws {
    let forecast = try Forecaster().forecast(Datasets.nile.map { $0 - 900 }, horizon: 9, levels: [0.95])
    for (j, mean) in forecast.mean.enumerated() {
      #expect(abs(forecast.bands[0].upper[j] + forecast.bands[0].lower[j] - 2 * mean) < 1e-9)
      #expect(forecast.bands[0].lower[j] < 0)
    }
  }

  @Test("past errors larger than the models say widen the interval, smaller ones narrow it")
  func rollingErrors() throws {
    // White noise of one size, then of another: the models know only the average size.
    func width(_ early: Double, _ late: Double) throws -> Double {
      let noise = Datasets.nile.map { $0 - 919 }
      let values = noise.enumerated().map { $1 * ($0 < 75 ? early : late) }
      let plan = PoolPlan(values, seasons: [])
      let rolling = try RollingOrigins(values, plan: plan, horizon: 6)
      let unrolled = try RollingOrigins(values, plan: plan, horizon: 6, isRolling: false)
      let weights = [Double](repeating: 1 / Double(plan.members.count), count: plan.members.count)
      let mean = PoolWeights(rolling, values: values).combine(rolling.final, horizon: 6, history: values).mean
      func error(_ rolling: RollingOrigins) -> Double {
        PoolSpread(rolling, plan: plan, mean: mean, weights: weights, values: values).errors[0]
      }
      return error(rolling) / error(unrolled)
    }
    #expect(try width(1, 3) > 1.2)
    #expect(try width(3, 1) < 0.85)
  }
}

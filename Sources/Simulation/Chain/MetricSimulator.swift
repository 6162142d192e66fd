import Glibc
import Numerics

/// Makes the series of one metric out of its parts.
package struct MetricSimulator {
  package let days: Int
  package let factors: [SimulatedFactor]
  package let products: [SimulatedProduct]
  package let isQuiet: Bool

  private static let burnIn = 100

  package func metric(
    _ name: String, _ plan: ActionPlan.Actions, isScanned: [Bool], _ random: inout SeededRandom
  ) -> SimulatedMetric {
    let noise = Self.noise(&random)
    let level = random.uniform(in: 35...65)
    let actions = plan.factors.map { tie in
      let slope = tie.strength / (1 - tie.strength * tie.strength).squareRoot() * noise.total
      return FactorAction(factor: tie.factor, lag: tie.lag, size: slope)
    }
    let effects = plan.products.map {
      ProductEffect(product: $0.product, size: $0.size * noise.total, timeConstant: $0.timeConstant)
    }
    let trend = plan.trend.map { SlowTrend(from: $0.from, slope: $0.change * noise.total / Double(days - $0.from)) }
    let shifts = plan.shifts.map { LevelShift(day: $0.day, size: $0.size * noise.total) }
    let spikes = plan.spikes.map { LevelShift(day: $0.day, size: $0.size * noise.total) }
    let yearPhase = random.uniform(in: 0...(2 * .pi))

    let expected = (0..<days).map { day in
      var value = level + plan.year * noise.total * sin(2 * .pi * Double(day) / 365.25 + yearPhase)
      for action in actions { value += action.size * factors[action.factor].deviation(day, lag: action.lag) }
      for effect in effects { value += effect.size * effect.share(day, used: products[effect.product].used) }
      if let trend, day >= trend.from { value += trend.slope * Double(day - trend.from) }
      for shift in shifts where day >= shift.day { value += shift.size }
      return value
    }
    let (errors, chances) = errors(noise, &random)
    let week = Self.week(noise, &random)
    var recorded = (0..<days).map { day in
      var value = expected[day] + errors[day] + week.values[day % 7]
      for spike in spikes where spike.day == day { value += spike.size }
      return (min(max(value, 0), 100) * 10).rounded() / 10
    }
    for run in plan.stuck {
      for day in run { recorded[day] = recorded[run.lowerBound] }
    }
    for day in 0..<days where !isScanned[day] || random.happens(0.02) { recorded[day] = .nan }
    return SimulatedMetric(
      name: name, recorded: recorded, expected: expected, noise: noise, chances: chances, level: level,
      weekly: week.isThere, actions: actions, effects: effects, trend: trend, shifts: shifts, spikes: spikes,
      stuck: plan.stuck)
  }

  private static func noise(_ random: inout SeededRandom) -> SimulatedNoise {
    let autocorrelations = [0, 0.3, 0.5, 0.7, 0.85, 0.93]
    let autocorrelation = autocorrelations[random.whole(0...(autocorrelations.count - 1))]
    let total = random.uniform(in: 2.5...6)
    let share = random.happens(0.3) ? random.uniform(in: 0.1...0.5) : 0
    return SimulatedNoise(
      autocorrelation: autocorrelation, spread: total * (1 - share).squareRoot(),
      measurement: total * share.squareRoot(), isHeavy: random.happens(0.15))
  }

  /// The noise, and the chance of what each day brought new.
  private func errors(_ noise: SimulatedNoise, _ random: inout SeededRandom) -> ([Double], [Double]) {
    var state = 0.0
    var errors: [Double] = []
    var chances: [Double] = []
    let fresh = (1 - noise.autocorrelation * noise.autocorrelation).squareRoot()
    for day in 0..<(days + Self.burnIn) {
      let draw = noise.draw(&random)
      let measured = noise.measurement > 0 ? noise.draw(&random) : 0
      state = noise.autocorrelation * state + fresh * draw
      guard day >= Self.burnIn else { continue }
      errors.append(noise.spread * state + noise.measurement * measured)
      chances.append(min(noise.chance(draw), noise.measurement > 0 ? noise.chance(measured) : 1))
    }
    return (errors, chances)
  }

  /// Half of the metrics have a week: two waves, up to eight tenths of the noise.
  private static func week(_ noise: SimulatedNoise, _ random: inout SeededRandom) -> (values: [Double], isThere: Bool) {
    let isThere = random.happens(0.5)
    let heights = [random.uniform(in: 0.2...0.8), random.uniform(in: 0...0.3)]
    let phases = [random.uniform(in: 0...(2 * .pi)), random.uniform(in: 0...(2 * .pi))]
    let values = (0..<7).map { day in
      isThere
        ? (0..<2).reduce(0.0) { sum, k in
          sum + noise.total * heights[k] * sin(2 * .pi * Double(day * (k + 1)) / 7 + phases[k])
        } : 0
    }
    return (values, isThere)
  }
}

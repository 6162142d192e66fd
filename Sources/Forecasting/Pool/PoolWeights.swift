import Glibc

/// How much each member says in the pool.
///
/// Measured on eleven groups of competition series (2,636 in all), mean OWA 0.7605; differences in 1/1000 with the standard
/// deviation by paired bootstrap over series. Power 2: +1.7 (0.5); 4: −0.6 (0.4), of which hourly data alone −7 and
/// monthly +1.5; the same power whatever the number of origins: +0.1 (0.3). Shares pulled by 0.3 towards equal ones: +4.7
/// (0.8). Origins that count all the same: +0.6 (0.3); 0.7 instead of 0.85: −0.3 (0.3). Root mean square instead of absolute
/// errors: +0.4 (0.3); one-step errors of the fit multiplied in: +0.5 (1.1). Weighted median: +1.0 (1.6); halfway to it:
/// −1.1 (0.8). Shares moved further so that the pool's own rolling error falls: −0.6 (0.4) to +0.9 (1.0), monthly data always
/// worse. On histories below 60 samples: equal shares 0.0 (0.6), power 1 −0.2 (0.4). The trend of series without season
/// damped by 0.97 a step: −0.4 (0.9). None of these is a gain beyond chance that more than one group shares.
struct PoolWeights: Sendable {
  /// Share of each member, summing to 1; 0 for a member that could not run.
  let shares: [Double]
  /// Rolling error of each member relative to the naive forecast; `nil` where none could be measured.
  let relativeErrors: [Double?]

  /// Weight = 1 / error^power: the power under which the pool leans on the best without picking one. With fewer than
  /// the most origins it is lower in proportion, for then the errors tell less.
  static let power = 3.0
  /// Origins with fewer samples before them do not count: what a model does with so few says little about it.
  static let shortestHistory = 10
  /// Each origin counts this share of the next.
  static let decay = 0.85

  /// - Parameter values: the history, scaled.
  init(_ rolling: RollingOrigins, values: [Double]) {
    let count = rolling.final.count
    var errors = [Double](repeating: 0, count: count)
    var weights = [Double](repeating: 0, count: count)
    var naive = 0.0
    var naiveWeight = 0.0
    var share = 1.0
    var counted = 0
    // The mean absolute error is least at the median, which for intermittent demand is zero.
    let isSquared = IntermittentDemand.isIntermittent(values)
    func error(_ forecast: [Double]?, _ last: Double, _ origin: Int) -> Double? {
      Self.meanError(forecast, last: last, values, from: origin, isSquared: isSquared)
    }
    for k in rolling.origins.indices.reversed() where rolling.origins[k] >= Self.shortestHistory {
      counted += 1
      let origin = rolling.origins[k]
      let last = values[..<origin].last { !$0.isNaN } ?? 0
      if let error = error(nil, last, origin) {
        naive += share * error
        naiveWeight += share
      }
      for member in 0..<count {
        guard let forecast = rolling.forecasts[k][member],
          let error = error(forecast, 0, origin)
        else { continue }
        errors[member] += share * error
        weights[member] += share
      }
      share *= Self.decay
    }
    var worst = 0.0
    for member in 0..<count where weights[member] > 0 {
      errors[member] /= weights[member]
      worst = max(worst, errors[member])
    }
    naive = naiveWeight > 0 ? naive / naiveWeight : 0
    // A perfect member must not divide by zero, and differences below this share of the naive error mean nothing.
    let floor = max(1e-6 * naive, 1e-12)
    var best = Double.infinity
    for member in 0..<count {
      if weights[member] == 0 { errors[member] = worst }
      best = min(best, errors[member])
    }
    let power = Self.power * Double(counted) / Double(RollingOrigins.maximumOrigins)
    var shares = [Double](repeating: 0, count: count)
    var total = 0.0
    let reach = Self.plausibleReach(values, horizon: rolling.final.lazy.compactMap { $0?.mean.count }.first ?? 0)
    for member in 0..<count {
      guard let mean = rolling.final[member]?.mean, mean.allSatisfy({ reach.contains($0) }) else { continue }
      shares[member] = pow((best + floor) / (errors[member] + floor), power)
      total += shares[member]
    }
    self.shares = shares.map { total > 0 ? $0 / total : 0 }
    relativeErrors = (0..<count).map { weights[$0] > 0 && naive > 1e-100 ? clamped(errors[$0] / naive) : nil }
  }

  /// Where a forecast may lie: within ten times the range of the history beyond its ends, more when the horizon is
  /// longer than the history. A member outside, an exponential that ran away as a rule, has no say.
  private static func plausibleReach(_ values: [Double], horizon: Int) -> ClosedRange<Double> {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where !value.isNaN {
      low = min(low, value)
      high = max(high, value)
    }
    guard low <= high else { return 0...0 }
    let room = (high - low) * (10 + 2 * Double(horizon) / Double(values.count))
    return (low - room)...(high + room)
  }

  /// Mean absolute (or root mean square) error over the present samples from an origin; of the constant `last` without
  /// a forecast.
  private static func meanError(
    _ forecast: [Double]?, last: Double, _ values: [Double], from origin: Int, isSquared: Bool
  ) -> Double? {
    var sum = 0.0
    var count = 0.0
    for j in 0..<(forecast?.count ?? values.count - origin) {
      let value = values[origin + j]
      if value.isNaN { continue }
      let e = abs(value - (forecast?[j] ?? last))
      sum += isSquared ? e * e : e
      count += 1
    }
    guard count > 0, sum.isFinite else { return nil }
    return isSquared ? (sum / count).squareRoot() : sum / count
  }

  /// The weighted mean of the members' forecasts, component by component.
  func combine(_ members: [ForecastComponents?], horizon: Int, history: [Double]) -> ForecastComponents {
    var level = 0.0
    var path = [Double](repeating: 0, count: horizon)
    var seasonal = [Double](repeating: 0, count: horizon)
    for (index, member) in members.enumerated() {
      guard let member, shares[index] > 0 else { continue }
      let share = shares[index]
      level += share * member.level
      var running = member.level
      for j in 0..<horizon {
        running += member.trend[j]
        path[j] += share * running
        seasonal[j] += share * member.seasonal[j]
      }
    }
    return ForecastComponents(level: level, path: path, seasonal: seasonal)
  }
}

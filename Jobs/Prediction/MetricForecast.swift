import Analysis
import Forecasting
import FoundationEssentials
import Queue
import Series
import Twins

/// The forecast of one metric on its own grid, counted from the last sample of the twin's newest metric.
struct MetricForecast: Sendable {
  let metric: Metric
  /// Regular samples that the forecast was made from.
  let history: RegularSeries
  /// Observations that went into them.
  let observations: Int
  let observedFrom: Date
  let observedUntil: Date
  /// Instants of the steps.
  let dates: [Date]
  /// Forecasts of the steps, with the intervals of 80 % and 95 %.
  let steps: [Step]
  /// Members by descending weight.
  let members: [ForecastMember]
  /// Effects of events on the metric, as its history tells; events without an effect are left out.
  let effects: [CovariateEffect]
  /// The last value observed.
  let lastValue: Double
  /// Sum over the steps, with the intervals of 80 % and 95 %.
  let sum: Sum

  /// A sum over the steps; divided by their number, their mean.
  struct Sum: Sendable {
    let value: Double
    let lower80: Double
    let upper80: Double
    let lower95: Double
    let upper95: Double
  }

  /// One step ahead.
  struct Step: Sendable {
    let mean: Double
    let lower80: Double
    let upper80: Double
    let lower95: Double
    let upper95: Double
    /// The parts of the point forecast: where the series stands, the trend up to this step, the season, and what events
    /// add beyond what they add now.
    let level: Double
    let trend: Double
    let seasonal: Double
    let events: Double
    /// 0…1; see `confidence(width:)`.
    let confidence: Double
  }

  /// Fewest samples from which intervals can be stated honestly.
  static let fewestSamples = 5

  /// - Parameters:
  ///   - events: what happened and is planned.
  ///   - delay: steps between the metric's last sample and the twin's newest: forecast too, but not reported.
  ///   - horizon: steps to report.
  /// - Throws: `ForecastingError`; `JobFailure` if a model gave a number that is none.
  init(
    _ input: ObservedSeries<Metric>, _ samples: RegularSeries, events: EventCovariates, delay: Int, horizon: Int
  ) throws {
    metric = input.definition
    history = samples
    observations = input.values.count
    observedFrom = input.observedAt[0]
    observedUntil = input.observedAt[input.observedAt.count - 1]

    let forecaster = Forecaster(season: Self.periods(metric, samples.interval), bounds: Self.bounds(metric))
    let known = events.covariates(of: samples, steps: delay + horizon)
    // An event explains its own jump: shifts are looked for where nothing is known to have happened.
    let shifts =
      known.isEmpty
      ? LevelShifts.covariates(samples.values, season: forecaster.season.first, steps: delay + horizon) : []
    let found = try forecaster.forecast(
      samples.values, covariates: known + shifts, horizon: delay + horizon, levels: [0.8, 0.95])
    let forecast = found.forecast
    effects = found.effects.filter { $0.used != 0 }
    lastValue = samples.values.last { !$0.isNaN } ?? 0
    guard let band80 = forecast.interval(level: 0.8), let band95 = forecast.interval(level: 0.95) else {
      throw JobFailure("no intervals for metric \(metric.name): the history is too short", isPermanent: true)
    }
    guard let sum80 = forecast.sums(level: 0.8, after: delay), let sum95 = forecast.sums(level: 0.95, after: delay)
    else {
      throw JobFailure("no sums for metric \(metric.name): the horizon is empty", isPermanent: true)
    }
    let last = horizon - 1
    sum = Sum(
      value: sum95.sum[last], lower80: sum80.lower[last], upper80: sum80.upper[last], lower95: sum95.lower[last],
      upper95: sum95.upper[last])
    let scale = Self.scale(metric, samples.values)
    var trend = 0.0
    var steps: [Step] = []
    for j in 0..<(delay + horizon) {
      trend += forecast.components.trend[j]
      guard j >= delay else { continue }
      steps.append(
        Step(
          mean: forecast.mean[j], lower80: band80.lower[j], upper80: band80.upper[j], lower95: band95.lower[j],
          upper95: band95.upper[j], level: forecast.components.level, trend: trend,
          seasonal: forecast.components.seasonal[j],
          events: forecast.components.known.isEmpty ? 0 : forecast.components.known[j],
          confidence: Self.confidence(width: band95.upper[j] - band95.lower[j], scale: scale)))
    }
    guard
      steps.allSatisfy({
        $0.mean.isFinite && $0.lower80.isFinite && $0.upper80.isFinite && $0.lower95.isFinite && $0.upper95.isFinite
      })
    else {
      throw JobFailure("the forecast of metric \(metric.name) is not finite", isPermanent: true)
    }
    self.steps = steps
    dates = (0..<horizon).map { samples.date(at: samples.values.count + delay + $0) }
    members = forecast.members
  }

  // MARK: - What the forecaster is told

  static func periods(_ metric: Metric, _ interval: Duration) -> [Int] {
    guard let seasons = metric.seasonSeconds else { return Seasonality.candidatePeriods(for: interval) }
    let step = interval / .seconds(1)
    return seasons.compactMap { seconds in
      let steps = (seconds / step).rounded()
      return steps >= 2 && steps <= 20_000 && abs(seconds / step - steps) < 0.01 ? Int(steps) : nil
    }
  }

  static func bounds(_ metric: Metric) -> ClosedRange<Double>? {
    guard metric.minimum != nil || metric.maximum != nil else { return nil }
    return (metric.minimum ?? -.greatestFiniteMagnitude)...(metric.maximum ?? .greatestFiniteMagnitude)
  }

  // MARK: - Confidence

  /// 1 minus the share of the scale that the 95 % interval takes: 1 = a point, 0 = as wide as all that is possible.
  private static func confidence(width: Double, scale: Double) -> Double {
    guard width > 0 else { return 1 }
    let share = width / scale
    return share.isFinite ? max(0, 1 - share) : 0
  }

  /// The width of the metric's valid range; for an unbounded metric that of the values observed.
  private static func scale(_ metric: Metric, _ values: [Double]) -> Double {
    if let minimum = metric.minimum, let maximum = metric.maximum { return maximum - minimum }
    var least = Double.infinity
    var greatest = -Double.infinity
    for value in values where !value.isNaN {
      least = min(least, value)
      greatest = max(greatest, value)
    }
    return greatest - least
  }
}

/// Point forecasts taken apart: `mean[j] = level + trend[0] + … + trend[j] + seasonal[j] + known[j]`.
public struct ForecastComponents: Sendable, Equatable {
  /// Where the series stands at the end of the history, without its season.
  public var level: Double
  /// Change of the level from one step to the next, one value a step.
  public var trend: [Double]
  /// The season's part of each step (0 without a season).
  public var seasonal: [Double]
  /// The part of covariates and planned events at each step, beyond what they add now; empty without any.
  public var known: [Double] = []
  /// The point forecasts.
  public var mean: [Double]

  /// Takes the level path (`path[j]` is the forecast of step j + 1 without its season) and the seasonal part.
  init(level: Double, path: [Double], seasonal: [Double]) {
    self.level = clamped(level)
    var previous = self.level
    trend = path.map { value in
      let value = clamped(value)
      defer { previous = value }
      return clamped(value - previous)
    }
    self.seasonal = seasonal
    mean = zip(path, seasonal).map { clamped(clamped($0) + $1) }
  }
}

/// Lower and upper bounds of one level, one value a step.
public struct ForecastBand: Sendable, Equatable {
  /// Coverage aimed at, such as 0.95.
  public var level: Double
  /// Lower bounds.
  public var lower: [Double]
  /// Upper bounds.
  public var upper: [Double]

  /// Bounds from wherever they were kept.
  public init(level: Double, lower: [Double], upper: [Double]) {
    self.level = level
    self.lower = lower
    self.upper = upper
  }
}

/// A member of a pool and its say in the result.
public struct ForecastMember: Sendable, Equatable {
  /// The member's model, with its season and transformation, such as `theta, logarithms, season 12`.
  public var name: String
  /// Share of the result; the weights of all members sum to 1.
  public var weight: Double
  /// Its error over the rolling origins relative to that of the naive forecast (below 1 is better); `nil` when the
  /// history is too short to tell.
  public var error: Double?
  /// Its fitted parameters.
  public var parameters: [ModelParameter]
}

/// A probabilistic forecast with the reasons for it.
public struct Forecast: Sendable, Equatable {
  /// The parts of the point forecasts.
  public var components: ForecastComponents
  /// Intervals, by ascending level; empty when the history is too short to state any (one value).
  public var bands: [ForecastBand]
  /// The model, or `pool`.
  public var model: String
  /// The members by descending weight; a single model has one.
  public var members: [ForecastMember]
  /// How sums err in comparison to what the steps' intervals make expect; see `sums(level:after:)`.
  public var sumFactor = 1.0

  /// Point forecasts of steps 1…horizon.
  public var mean: [Double] { components.mean }

  /// Levels for which intervals are there, ascending.
  public var levels: [Double] { bands.map(\.level) }

  /// The interval of a level; `nil` when that level was not asked for or cannot be stated.
  public func interval(level: Double) -> (lower: [Double], upper: [Double])? {
    bands.first { abs($0.level - level) < 1e-9 }.map { ($0.lower, $0.upper) }
  }
}

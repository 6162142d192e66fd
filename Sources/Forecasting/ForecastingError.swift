/// Why a forecast cannot be made; each case says what failed and what to do about it.
public enum ForecastingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The series holds no value at all (empty, or every value missing).
  case noValues
  /// The series holds fewer present values than the model needs.
  case tooFewValues(needed: Int, present: Int)
  /// The value at this index (0-based) is infinite; mark it missing (NaN) or correct it.
  case infiniteValue(index: Int)
  /// The value at this index is out of the model's reach: beyond ±1e100 (`Forecaster` rescales), or negative where
  /// demand is forecast.
  case valueOutOfRange(index: Int)
  /// The horizon is below one or above `Forecaster.maximumHorizon`.
  case invalidHorizon(Int)
  /// A level is not strictly between 0 and 1.
  case invalidLevel(Double)
  /// A seasonal period is below one.
  case invalidSeason(Int)
  /// The model takes logarithms and the value at this index is not positive.
  case nonPositiveValue(index: Int)
  /// A covariate has not as many values as samples and steps together, or one that is not finite.
  case invalidCovariate(String)
  /// The task was cancelled between two members.
  case cancelled

  /// One sentence with the remedy.
  public var description: String {
    switch self {
    case .noValues: "the series has no value; at least one is needed"
    case .tooFewValues(let needed, let present):
      "the series has \(present) values and \(needed) are needed; lengthen the history or choose a simpler model"
    case .infiniteValue(let index): "value \(index) is infinite; correct it or mark it missing"
    case .valueOutOfRange(let index):
      "value \(index) is beyond ±1e100, or negative in a series of demand; rescale or correct it"
    case .invalidHorizon(let horizon):
      "horizon \(horizon) is not between 1 and \(Forecaster.maximumHorizon) steps"
    case .invalidLevel(let level): "level \(level) is not strictly between 0 and 1; 0.95 means 95%"
    case .invalidSeason(let season): "season \(season) is below 1; give the number of steps in a cycle"
    case .nonPositiveValue(let index): "value \(index) is not positive, and the model takes logarithms"
    case .invalidCovariate(let name):
      "covariate \(name) needs one finite value for each sample and for each step to forecast"
    case .cancelled: "the forecast was cancelled"
    }
  }
}

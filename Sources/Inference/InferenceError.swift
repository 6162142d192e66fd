/// Why a question cannot be answered; each case says what is wrong and what to do about it.
public enum InferenceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Series that belong together differ in length.
  case unequalLengths(expected: Int, found: Int)
  /// A value is infinite; mark it missing (NaN) or correct it.
  case infiniteValue(series: Int, index: Int)
  /// The largest lag is negative or not below the length of the series.
  case invalidLag(Int)
  /// A season is negative.
  case invalidSeason(Int)
  /// A level or rate is not strictly between 0 and 1.
  case invalidLevel(Double)
  /// The intervention does not start inside of the series.
  case startOutside(start: Int, count: Int)
  /// Too few observed values before or after the start of the intervention.
  case tooFewObservations(before: Int, after: Int, needed: Int)
  /// More columns are to be estimated than the observations can carry.
  case tooManyColumns(columns: Int, observations: Int)
  /// Another intervention started so close to this one that their effects cannot be told apart.
  case inseparable(start: Int, other: Int)
  /// The observed values do not vary.
  case constantSeries
  /// The task was cancelled.
  case cancelled

  /// One sentence with the remedy.
  public var description: String {
    switch self {
    case .unequalLengths(let expected, let found):
      "a series has \(found) samples and the first has \(expected); pad the shorter one with missing values"
    case .infiniteValue(let series, let index):
      "value \(index) of series \(series) is infinite; correct it or mark it missing"
    case .invalidLag(let lag): "lag \(lag) is negative or not shorter than the series; lower it"
    case .invalidSeason(let season): "season \(season) is negative; 0 is no season, 7 a week of days"
    case .invalidLevel(let level): "\(level) is not strictly between 0 and 1; 0.05 means 5%"
    case .startOutside(let start, let count):
      "the intervention starts at sample \(start), outside of the \(count) samples; correct the plan"
    case .tooFewObservations(let before, let after, let needed):
      "not enough data: \(before) observations before the start and \(after) after it, \(needed) are needed on each side"
    case .tooManyColumns(let columns, let observations):
      "not enough data: \(observations) observations for \(columns) columns; leave covariates out or lengthen the series"
    case .inseparable(let start, let other):
      "the interventions at samples \(start) and \(other) cannot be told apart; join them or wait for more data"
    case .constantSeries: "the observed values do not vary; there is nothing to estimate an error from"
    case .cancelled: "the computation was cancelled"
    }
  }
}

/// Something that acts on a series and is known ahead: a planned event, a price, a calendar.
public struct Covariate: Sendable, Equatable {
  /// The name in results.
  public var name: String
  /// One value a step, of the history and of the steps to forecast; 0 and 1 for an event that is off and on.
  public var values: [Double]

  /// - Parameter values: as many as samples and steps together, oldest first, finite.
  public init(name: String, values: [Double]) {
    self.name = name
    self.values = values
  }
}

/// The effect of a covariate on a series, as the history tells it.
public struct CovariateEffect: Sendable, Equatable {
  /// The covariate's name.
  public var name: String
  /// The effect of one unit, by generalised least squares.
  public var estimate: Double
  /// Its standard error.
  public var standardError: Double
  /// The share of the estimate that is used, max(0, 1 − s²/β²): an effect that the noise explains is left out.
  public var share: Double

  /// The effect of one unit that the forecast uses.
  public var used: Double { share * estimate }
}

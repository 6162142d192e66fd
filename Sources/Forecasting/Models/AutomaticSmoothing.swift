/// Exponential smoothing whose trend is chosen by AICc (Hyndman and Khandakar 2008): none, additive or damped.
///
/// A trend that does not pay for its parameters is left out, which matters on short histories.
public struct AutomaticSmoothing: ForecastModel {
  /// The season of every candidate.
  public var season: ExponentialSmoothing.Season

  /// Automatic smoothing with a given season.
  public init(season: ExponentialSmoothing.Season = .none) {
    self.season = season
  }

  /// `exponential smoothing`.
  public var name: String { "exponential smoothing" }

  /// Needs two present values, or two whole cycles with a season.
  public func fit(
    _ values: [Double], from previous: ExponentialSmoothing.Fitted?
  ) throws(ForecastingError) -> ExponentialSmoothing.Fitted {
    var best = try ExponentialSmoothing(trend: .none, season: season).fit(values)
    for trend in [ExponentialSmoothing.Trend.additive, .damped] {
      let model = ExponentialSmoothing(trend: trend, season: season)
      let candidate = try model.fit(values, from: previous?.model == model ? previous : nil)
      if candidate.correctedCriterion < best.correctedCriterion { best = candidate }
    }
    return best
  }

  /// Keeps the trend chosen and its parameters.
  public func update(
    _ fitted: ExponentialSmoothing.Fitted, with values: [Double]
  ) throws(ForecastingError) -> ExponentialSmoothing.Fitted {
    try fitted.model.update(fitted, with: values)
  }
}

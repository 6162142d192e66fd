/// Complex exponential smoothing whose season (none, partial, full) is chosen by AICc.
public struct AutomaticComplexSmoothing: ForecastModel {
  /// Steps in a cycle; 1 is no season.
  public var period: Int

  /// Automatic complex smoothing; periods below 1 count as 1.
  public init(period: Int = 1) {
    self.period = max(1, period)
  }

  /// `complex exponential smoothing`.
  public var name: String { "complex exponential smoothing" }

  /// Needs three present values.
  public func fit(
    _ values: [Double], from previous: ComplexSmoothing.Fitted?
  ) throws(ForecastingError) -> ComplexSmoothing.Fitted {
    var best = try ComplexSmoothing().fit(values, from: previous?.model.season == .some(.none) ? previous : nil)
    guard period > 1, values.count >= 2 * period + 1 else { return best }
    for season in [ComplexSmoothing.Season.partial(period: period), .full(period: period)] {
      do throws(ForecastingError) {
        let candidate = try ComplexSmoothing(season: season).fit(
          values, from: previous?.model.season == season ? previous : nil)
        if candidate.correctedCriterion < best.correctedCriterion { best = candidate }
      } catch .tooFewValues {
        // A season that gaps hide is no candidate.
      }
    }
    return best
  }

  /// Keeps the season chosen and its parameters.
  public func update(
    _ fitted: ComplexSmoothing.Fitted, with values: [Double]
  ) throws(ForecastingError) -> ComplexSmoothing.Fitted {
    try fitted.model.update(fitted, with: values)
  }
}

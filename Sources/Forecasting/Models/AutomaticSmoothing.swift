/// Exponential smoothing whose trend (none, additive, damped) and season (none, additive, multiplicative) are chosen by
/// AICc (Hyndman and Khandakar 2008, Journal of Statistical Software 27(3)).
///
/// A component that does not pay for its parameters is left out, which matters on short histories. Multiplicative
/// seasons are tried on positive values only. Ties go to the simpler candidate.
public struct AutomaticSmoothing: ForecastModel {
  /// Steps in a cycle; 1 is no season.
  public var period: Int

  /// Automatic smoothing; periods below 1 count as 1.
  public init(period: Int = 1) {
    self.period = max(1, period)
  }

  /// `exponential smoothing`.
  public var name: String { "exponential smoothing" }

  /// Samples from which a choice made on part of a history stands for the rest of it.
  static let settledHistory = 60

  /// Needs two present values; with a previous fit and a long history its choice of components stands.
  public func fit(
    _ values: [Double], from previous: ExponentialSmoothing.Fitted?
  ) throws(ForecastingError) -> ExponentialSmoothing.Fitted {
    if let previous, values.count >= Self.settledHistory {
      return try previous.model.fit(values, from: previous)
    }
    var seasons: [ExponentialSmoothing.Season] = [.none]
    if period > 1, values.count >= 2 * period + 1 {
      seasons.append(.additive(period: period))
      if !values.contains(where: { $0 <= 0 }) { seasons.append(.multiplicative(period: period)) }
    }
    var best: ExponentialSmoothing.Fitted?
    for season in seasons {
      for trend in [ExponentialSmoothing.Trend.none, .additive, .damped] {
        let model = ExponentialSmoothing(trend: trend, season: season)
        let candidate: ExponentialSmoothing.Fitted
        do throws(ForecastingError) {
          candidate = try model.fit(values, from: previous?.model == model ? previous : nil)
        } catch {
          // A season that gaps hide is no candidate; what no candidate can fit is told by the simplest.
          if season != .none { continue }
          throw error
        }
        if best.map({ candidate.correctedCriterion < $0.correctedCriterion }) ?? true { best = candidate }
      }
    }
    guard let best else { throw .noValues }
    return best
  }

  /// Keeps the components chosen and their parameters.
  public func update(
    _ fitted: ExponentialSmoothing.Fitted, with values: [Double]
  ) throws(ForecastingError) -> ExponentialSmoothing.Fitted {
    try fitted.model.update(fitted, with: values)
  }
}

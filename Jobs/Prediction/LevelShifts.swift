import Analysis
import Detection
import Forecasting

/// Lasting jumps of a metric's level as covariates: their effect is estimated and taken out, so that members and their
/// weights see the history as if it had always been at the level of now.
///
/// Only what is all but certain to be a jump: measured on seven groups of competition series, changes of 99 % confidence
/// without a new slope or spread made the mean scaled error 0.0 to 3.1 % less in every group and the intervals 4 to 50 %
/// narrower where there was one; all changes of 90 % made it 2 to 3 % more in two groups.
enum LevelShifts {
  /// Newest samples that are searched: finding changes costs their square.
  static let searched = 300
  /// Most shifts, the newest.
  static let limit = 3
  /// Least confidence.
  static let confidence = 0.99

  /// The shifts of a history, as steps that go on ahead.
  /// - Parameters:
  ///   - values: samples, NaN = missing.
  ///   - season: the period to take out first; nil = none.
  ///   - steps: ahead.
  static func covariates(_ values: [Double], season: Int?, steps: Int) -> [Covariate] {
    let first = max(0, values.count - searched)
    var recent = values[first...]
    if let season, season > 1, SeasonalIndices.isSeasonal(recent, period: season),
      let indices = SeasonalIndices(classical: recent, period: season, isMultiplicative: false)
    {
      // Phases count from the slice's own start index, as the indices were found.
      recent = indices.adjusted(recent)[...]
    }
    let changes = ChangePoints.find(in: Array(recent)).filter { change in
      change.confidence >= confidence && abs(change.slopeChange) * 10 < abs(change.step)
        && (0.4...2.5).contains(change.deviationRatio)
    }
    return changes.suffix(limit).map { change in
      let at = first + change.index
      return Covariate(
        name: "level shift", values: (0..<(values.count + steps)).map { $0 >= at ? 1 : 0 })
    }
  }
}

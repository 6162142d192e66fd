/// A place where a series starts to behave differently.
public struct ChangePoint: Sendable, Equatable {
  /// 0-based index of the first sample of the new segment.
  public var index: Int
  /// Chance that there is a change against none here, given the other changes: between ½ and 1.
  public var confidence: Double
  /// Jump of the fitted level at the change, in units of the series.
  public var step: Double
  /// Change of the fitted slope, in units of the series per sample.
  public var slopeChange: Double
  /// Standard deviation of the innovations after the change divided by that before.
  public var deviationRatio: Double
}

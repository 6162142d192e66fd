import FoundationEssentials

/// A history with its forecast and intervals, as a drawing.
///
/// The drawing has round ticks on both axes, a mark where the history ends, and a legend. Missing samples are gaps.
public struct FanChart: Sendable {
  /// Written above the drawing: the subject and the metric.
  public let title: String
  /// The unit of the values; empty: unknown.
  public let unit: String
  /// The newest samples, oldest first, NaN = missing.
  public let history: [Double]
  /// The point forecasts that follow them.
  public let mean: [Double]
  /// Their intervals, by ascending level.
  public let bands: [ForecastBand]
  /// Places of the samples and steps.
  let steps: StepAxis

  /// - Parameters:
  ///   - title: the subject and the metric.
  ///   - unit: of the values; empty: unknown.
  ///   - history: all samples, oldest first, NaN = missing.
  ///   - times: nil: the axis counts samples, the first of the history is 1.
  ///   - drawn: so many of the newest samples are drawn; nil: six times the horizon, at least 60.
  public init(
    title: String, unit: String = "", history: [Double], forecast: Forecast, times: ChartTimes? = nil,
    drawn: Int? = nil
  ) {
    self.init(
      title: title, unit: unit, history: history, mean: forecast.mean, bands: forecast.bands, times: times,
      drawn: drawn)
  }

  /// A forecast from wherever it was kept.
  /// - Parameters:
  ///   - bands: by ascending level, one bound a step.
  ///   - times: as above; instants that do not ascend are left out, and the axis counts samples.
  public init(
    title: String, unit: String = "", history: [Double], mean: [Double], bands: [ForecastBand],
    times: ChartTimes? = nil, drawn: Int? = nil
  ) {
    self.title = title
    self.unit = unit
    self.history = Array(history.suffix(max(1, drawn ?? max(60, 6 * mean.count))))
    self.mean = mean
    self.bands = bands
    steps = StepAxis(first: history.count - self.history.count, count: self.history.count + mean.count, times: times)
  }

  /// Title and unit.
  var heading: String { unit.isEmpty ? title : title.isEmpty ? unit : "\(title) (\(unit))" }

  /// The axis of the values.
  /// - Parameter most: ticks wanted at most.
  func values(most: Int) -> ValueAxis {
    var low = Double.infinity
    var high = -Double.infinity
    for values in [history, mean] + bands.flatMap({ [$0.lower, $0.upper] }) {
      for value in values where value.isFinite {
        low = min(low, value)
        high = max(high, value)
      }
    }
    let isWhole = history.allSatisfy { !$0.isFinite || $0 == $0.rounded() }
    return ValueAxis(low: low, high: high, isWhole: isWhole, most: most)
  }

  /// A level as the legend writes it, such as `95 %`.
  static func percent(_ level: Double) -> String {
    let thousandths = (level * 100_000).rounded()
    guard thousandths.isFinite, abs(thousandths) < 1e9 else { return "" }
    return ValueAxis.decimal(thousandths / 1_000, digits: 3, isTrimmed: true) + " %"
  }
}

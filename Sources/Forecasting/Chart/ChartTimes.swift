import FoundationEssentials

/// The instants of a series' samples, for the time axis of a chart.
public struct ChartTimes: Sendable {
  /// The zone whose days, months and years are marked.
  public let timeZone: TimeZone
  /// The instant of a sample of the history; indices past its end are the steps of the forecast.
  public let date: @Sendable (Int) -> Date

  /// - Parameter date: asked only for the samples that are drawn; it must ascend with the index.
  public init(timeZone: TimeZone = .gmt, date: @escaping @Sendable (Int) -> Date) {
    self.timeZone = timeZone
    self.date = date
  }
}

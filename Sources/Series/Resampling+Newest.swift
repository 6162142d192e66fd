import FoundationEssentials

extension Resampling {
  /// The newest samples of a series at a fixed or inferred interval.
  /// - Parameters:
  ///   - limit: most samples, counted back from the newest; at least 1.
  ///   - timestamps: ascending, at least one.
  ///   - intervalSeconds: nil = inferred.
  /// - Throws: `SeriesError`, whose description says what to do.
  public static func newest(
    _ limit: Int, timestamps: [Date], values: [Double], intervalSeconds: Double?, aggregation: Aggregation
  ) throws(SeriesError) -> RegularSeries {
    guard let newest = timestamps.last else { throw .noObservations }
    var series: RegularSeries
    if let intervalSeconds {
      // A single stray date must not make a grid of centuries.
      let oldest = newest.addingTimeInterval(-intervalSeconds * Double(limit))
      let first = timestamps.firstIndex { $0 > oldest } ?? 0
      series = try regular(
        timestamps: Array(timestamps[first...]), values: Array(values[first...]),
        interval: .milliseconds(Int64((intervalSeconds * 1000).rounded())), aggregation: aggregation)
    } else {
      series = try regular(timestamps: timestamps, values: values, interval: nil, aggregation: aggregation)
    }
    let surplus = series.values.count - limit
    if surplus > 0 {
      series = RegularSeries(
        start: series.date(at: surplus), interval: series.interval, values: Array(series.values[surplus...]),
        calendarStep: series.calendarStep)
    }
    return series
  }
}

import FoundationEssentials
import Series
import Twins

/// Metrics of one sampling interval, and what may act on them, side by side on one grid.
package struct Panel: Sendable {
  /// One metric or factor on the grid.
  package struct Column<Definition: Sendable>: Sendable {
    package let definition: Definition
    /// As many samples as the panel has, oldest first, NaN = missing.
    package let values: [Double]
  }

  /// A use on the grid.
  package struct Use: Sendable {
    package let use: InterventionUse
    /// First sample of the use; may lie outside of the panel. nil = before anything was recorded.
    package let first: Int?
    /// First sample after it; nil = it still acts.
    package let end: Int?
  }

  /// Instant of the first sample.
  package let start: Date
  /// Seconds from sample to sample.
  package let intervalSeconds: Double
  /// Number of samples.
  package let count: Int
  package let metrics: [Column<Metric>]
  package let factors: [Column<Factor>]
  package let uses: [Use]
  /// Samples of the shortest season; 0 = none, or too long for the panel.
  package let season: Int

  /// The instant at which a sample's step begins.
  package func date(at sample: Int) -> Date { start.addingTimeInterval(intervalSeconds * Double(sample)) }

  /// Puts a twin's records on grids: one for each sampling interval among its metrics, from their first sample to their
  /// last, at most as long as the domain's history.
  /// - Returns: panels by ascending interval; metrics and factors that cannot be put on a grid, and why.
  package static func panels(_ records: TwinRecords) -> (panels: [Panel], leftOut: [(name: String, value: String)]) {
    var leftOut: [(name: String, value: String)] = []
    var byInterval: [Double: [(series: ObservedSeries<Metric>, samples: RegularSeries)]] = [:]
    for series in records.metrics {
      do {
        let samples = try samples(series, limit: records.domain.historyPoints)
        guard samples.calendarStep == nil else {
          leftOut.append((series.definition.name, "its samples are calendar steps apart, which differ in length"))
          continue
        }
        byInterval[samples.interval / .seconds(1), default: []].append((series, samples))
      } catch {
        leftOut.append((series.definition.name, error.description))
      }
    }
    let panels = byInterval.sorted { $0.key < $1.key }.map { interval, metrics in
      Panel(records, interval: interval, metrics: metrics, leftOut: &leftOut)
    }
    return (panels, leftOut)
  }

  /// On steps counted from a fixed instant, so that all series of an interval share them.
  private static func samples(
    _ series: ObservedSeries<Metric>, limit: Int
  ) throws(SeriesError) -> RegularSeries {
    let metric = series.definition
    func newest(_ intervalSeconds: Double?) throws(SeriesError) -> RegularSeries {
      try Resampling.newest(
        limit, timestamps: series.observedAt, values: series.values, intervalSeconds: intervalSeconds,
        aggregation: metric.aggregation)
    }
    let samples = try newest(metric.intervalSeconds)
    guard metric.intervalSeconds == nil, samples.calendarStep == nil else { return samples }
    return try newest(samples.interval / .seconds(1))
  }

  private init(
    _ records: TwinRecords, interval: Double, metrics: [(series: ObservedSeries<Metric>, samples: RegularSeries)],
    leftOut: inout [(name: String, value: String)]
  ) {
    let limit = records.domain.historyPoints
    let newest = metrics.map { $0.samples.date(at: $0.samples.values.count - 1) }.max() ?? records.readAt
    let oldest = max(
      metrics.map(\.samples.start).min() ?? records.readAt,
      newest.addingTimeInterval(-interval * Double(limit - 1)))
    start = oldest
    intervalSeconds = interval
    let count = Int((newest.timeIntervalSince(oldest) / interval).rounded()) + 1
    self.count = count
    func placed(_ samples: RegularSeries) -> [Double] {
      var values = [Double](repeating: .nan, count: count)
      let offset = Int((samples.start.timeIntervalSince(oldest) / interval).rounded())
      // A sum or mean of huge values may be infinite: nothing that can be compared.
      for (index, value) in samples.values.enumerated()
      where values.indices.contains(index + offset) && value.isFinite {
        values[index + offset] = value
      }
      return values
    }
    self.metrics = metrics.map { Column(definition: $0.series.definition, values: placed($0.samples)) }
    let end = oldest.addingTimeInterval(interval * Double(count))
    var factors: [Column<Factor>] = []
    for series in records.factors {
      let inside = series.observedAt.indices.filter { series.observedAt[$0] >= oldest && series.observedAt[$0] < end }
      do {
        let samples = try Resampling.regular(
          timestamps: inside.map { series.observedAt[$0] }, values: inside.map { series.values[$0] },
          interval: .milliseconds(Int64((interval * 1000).rounded())), aggregation: series.definition.aggregation)
        factors.append(Column(definition: series.definition, values: placed(samples)))
      } catch {
        leftOut.append((series.definition.name, error.description))
      }
    }
    self.factors = factors
    uses = records.uses.map { use in
      func sample(_ date: Date) -> Int {
        // Before the records began or long after they end: how far does not matter.
        Int(max(-1, min((date.timeIntervalSince(oldest) / interval).rounded(.down), Double(count))))
      }
      return Use(use: use, first: use.start.map(sample), end: use.end.map(sample))
    }
    let seasons = metrics.first.map { $0.series.definition.seasonSeconds } ?? nil
    let periods =
      seasons.map { $0.map { Int(($0 / interval).rounded()) } }
      ?? Seasonality.candidatePeriods(for: .milliseconds(Int64((interval * 1000).rounded())))
    season = periods.filter { $0 >= 2 && 2 * $0 <= count }.min() ?? 0
  }
}

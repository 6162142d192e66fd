import FoundationEssentials

/// Puts observations at any instants on a regular grid.
public enum Resampling {
  /// How the observations of one step become its value.
  public enum Aggregation: String, Sendable, CaseIterable {
    /// Arithmetic mean: levels such as a temperature.
    case mean
    /// Sum: amounts such as counts and sales.
    case sum
    /// The latest in time (in input order among equal timestamps): states.
    case last
    /// The earliest in time.
    case first
    /// The least.
    case minimum
    /// The greatest.
    case maximum
  }

  /// Most samples a grid may have.
  public static let maximumSamples = 10_000_000

  /// A series at a fixed or inferred interval.
  ///
  /// Input order does not matter; observations with equal timestamps are aggregated like all that share a step; NaN
  /// values count as not observed; steps without an observation are missing (NaN), never filled in.
  ///
  /// With an interval given, steps are the half-open stretches [k · interval, (k+1) · interval) counted from
  /// 1970-01-01 00:00 UTC (from Monday 1970-01-05 for whole weeks). With `nil` the interval is the median gap between distinct
  /// timestamps, snapped to a natural unit within 10% (1, 2, 5, 10, 15, 20, 30 s or min; 1, 2, 3, 4, 6, 8, 12 h; 1
  /// day; 1 week; and months, quarters and years as calendar steps in UTC); the grid then starts at the first
  /// timestamp and every observation goes to its nearest grid point, so that jitter does no harm.
  ///
  /// O(n log n). Throws `SeriesError`.
  public static func regular(
    timestamps: [Date], values: [Double], interval: Duration? = nil, aggregation: Aggregation = .mean
  ) throws(SeriesError) -> RegularSeries {
    let observations = try sorted(timestamps, values)
    if let interval {
      guard interval >= .microseconds(1) else { throw .invalidInterval(interval) }
      let length = interval.seconds
      let isWeeks = (length / 604_800).rounded() * 604_800 == length
      let anchor = isWeeks ? 4 * 86_400.0 : 0
      // Steps are counted from the anchor, not from the start: rounding may put the start behind the first instant.
      func step(_ time: Double) -> Double { ((time - anchor) / length).rounded(.down) }
      let first = step(observations[0].time)
      let start = first * length + anchor
      return try grid(observations, start: start, interval: interval, aggregation) { step($0) - first }
    }
    let gap = try medianGap(observations)
    if let step = naturalCalendarStep(gap) {
      return try calendar(observations, step: step, aggregation)
    }
    let interval = natural(gap)
    guard interval >= .microseconds(1) else { throw .invalidInterval(interval) }
    let length = interval.seconds
    let start = observations[0].time
    return try grid(observations, start: start, interval: interval, aggregation) {
      (($0 - start) / length).rounded()
    }
  }

  /// A series at calendar steps: days of a time zone (23 to 25 hours long), weeks, months.
  ///
  /// As `regular(timestamps:values:interval:aggregation:)` otherwise.
  public static func regular(
    timestamps: [Date], values: [Double], step: CalendarStep, aggregation: Aggregation = .mean
  ) throws(SeriesError) -> RegularSeries {
    try calendar(try sorted(timestamps, values), step: step, aggregation)
  }

  private typealias Observation = (time: Double, value: Double)

  /// Seconds since 1970 with values, by time and stable.
  private static func sorted(_ timestamps: [Date], _ values: [Double]) throws(SeriesError) -> [Observation] {
    guard timestamps.count == values.count else {
      throw .countMismatch(timestamps: timestamps.count, values: values.count)
    }
    guard !timestamps.isEmpty else { throw .noObservations }
    var observations: [Observation] = []
    observations.reserveCapacity(values.count)
    var isSorted = true
    for (index, date) in timestamps.enumerated() {
      let time = date.timeIntervalSince1970
      // The years 1 to 9999.
      guard time > -62_135_596_801, time < 253_402_300_800 else { throw .invalidTimestamp(index: index) }
      if let last = observations.last, last.time > time { isSorted = false }
      observations.append((time, values[index]))
    }
    if !isSorted {
      let order = observations.indices.sorted { (observations[$0].time, $0) < (observations[$1].time, $1) }
      observations = order.map { observations[$0] }
    }
    return observations
  }

  private static func grid(
    _ observations: [Observation], start: Double, interval: Duration, _ aggregation: Aggregation,
    index: (Double) -> Double
  ) throws(SeriesError) -> RegularSeries {
    let needed = index(observations[observations.count - 1].time) + 1
    guard needed <= Double(maximumSamples) else { throw .tooManySamples(needed: needed) }
    var buckets = Buckets(count: Int(needed), aggregation)
    for observation in observations { buckets.add(observation.value, to: Int(index(observation.time))) }
    let series = RegularSeries(start: Date(timeIntervalSince1970: start), interval: interval, values: buckets.values)
    guard series.date(at: 1) > series.start else { throw .intervalTooFine(interval) }
    return series
  }

  private static func calendar(
    _ observations: [Observation], step: CalendarStep, _ aggregation: Aggregation
  ) throws(SeriesError) -> RegularSeries {
    let span = observations[observations.count - 1].time - observations[0].time
    let needed = span / step.nominal.seconds
    guard needed <= Double(maximumSamples) else { throw .tooManySamples(needed: needed) }
    let start = step.start(of: Date(timeIntervalSince1970: observations[0].time))
    var buckets = Buckets(count: 1, aggregation)
    var index = 0
    var end = step.date(1, after: start).timeIntervalSince1970
    for observation in observations {
      while observation.time >= end {
        index += 1
        buckets.append()
        end = step.date(index + 1, after: start).timeIntervalSince1970
      }
      buckets.add(observation.value, to: index)
    }
    return RegularSeries(start: start, interval: step.nominal, values: buckets.values, calendarStep: step)
  }

  /// Running aggregates, one a step.
  private struct Buckets {
    private(set) var sums: [Double]
    private var counts: [Int32]
    private let aggregation: Aggregation

    init(count: Int, _ aggregation: Aggregation) {
      sums = [Double](repeating: 0, count: count)
      counts = [Int32](repeating: 0, count: count)
      self.aggregation = aggregation
    }

    mutating func append() {
      sums.append(0)
      counts.append(0)
    }

    mutating func add(_ value: Double, to index: Int) {
      if value.isNaN { return }
      let isFirst = counts[index] == 0
      counts[index] &+= 1
      switch aggregation {
      case .mean, .sum: sums[index] += value
      case .last: sums[index] = value
      case .first: if isFirst { sums[index] = value }
      case .minimum: sums[index] = isFirst ? value : min(sums[index], value)
      case .maximum: sums[index] = isFirst ? value : max(sums[index], value)
      }
    }

    var values: [Double] {
      zip(sums, counts).map { sum, count in
        count == 0 ? .nan : aggregation == .mean ? sum / Double(count) : sum
      }
    }
  }

  /// Median of the gaps between distinct timestamps, in seconds; the lower one of two.
  private static func medianGap(_ observations: [Observation]) throws(SeriesError) -> Double {
    var gaps: [Double] = []
    for i in 1..<max(observations.count, 1) where observations[i].time > observations[i - 1].time {
      gaps.append(observations[i].time - observations[i - 1].time)
    }
    guard !gaps.isEmpty else { throw .intervalUnknown }
    gaps.sort()
    return gaps[(gaps.count - 1) / 2]
  }

  private static let naturalSeconds: [Double] = [
    1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 28_800,
    43_200, 86_400, 604_800,
  ]

  private static func natural(_ gap: Double) -> Duration {
    var best: Double?
    for unit in naturalSeconds where abs(gap - unit) <= 0.1 * unit {
      if best.map({ abs(gap - unit) < abs(gap - $0) }) ?? true { best = unit }
    }
    if let best { return .seconds(Int(best)) }
    // Not near any unit: the gap itself, to the millisecond where that keeps three digits.
    return gap >= 1 ? .milliseconds(Int64((gap * 1_000).rounded())) : .microseconds(Int64((gap * 1e6).rounded()))
  }

  private static func naturalCalendarStep(_ gap: Double) -> CalendarStep? {
    switch gap / 86_400 {
    case 27.5...31.5: CalendarStep(.month)
    case 89...93: CalendarStep(.month, count: 3)
    case 364...367: CalendarStep(.month, count: 12)
    default: nil
    }
  }
}

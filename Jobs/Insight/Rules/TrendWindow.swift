import Analysis
import Detection
import FoundationEssentials
import Twins

/// The stretch of a metric in which a trend is looked for, freed of seasons.
///
/// Where samples are closer than half a day and a day is a known season, samples are the means of whole days: a rise
/// in the morning is no trend. Shorter seasons, such as the week of daily samples, are taken out as the mean by phase
/// of what is left of a straight line through stretch and history together: out of eight weeks alone, the seven means
/// would take a good part of the noise's memory with them. The stretch begins behind the last change of level, so that a
/// step is not told as a slope.
struct TrendWindow: Sendable {
  /// One a step, oldest first; NaN = missing.
  let values: [Double]
  /// The same before them, back to a change of level with enough behind it to tell the noise, but not farther than
  /// changes are looked for.
  let history: [Double]
  /// Seconds of a step.
  let step: TimeInterval
  let from: Date
  let until: Date
  /// Samples that are there.
  let count: Int

  /// Fewest samples, unless they are means of days: four weeks of days.
  static let leastSamples = 28
  /// Fewest means of days.
  static let leastDays = 14

  /// nil when there is too little.
  init?(_ evidence: MetricEvidence, samples wanted: Int) {
    let seasons = evidence.seasons
    let block = evidence.step < 43_200 ? seasons.first { $0 >= 24 } ?? 1 : 1
    // Whole blocks counted back from the newest sample.
    let blocks = evidence.count / block
    let offset = evidence.count - blocks * block
    var series = (0..<blocks).map { k in
      let range = (offset + k * block)..<(offset + (k + 1) * block)
      guard block > 1 else { return evidence.samples.values[range.lowerBound] }
      let present = evidence.present(range)
      return 2 * present.count >= block ? present.reduce(0) { $0 + $1.value } / Double(present.count) : .nan
    }
    let season = seasons.last { $0 > block && $0 % block == 0 && $0 / block <= wanted / 4 }.map { $0 / block }
    let length = season.map { wanted / $0 * $0 } ?? wanted
    var first = max(0, blocks - length)
    let levels = evidence.changes.filter { abs($0.step) > 0 && $0.index >= offset }
      .map { ($0.index - offset + block - 1) / block }
    if let change = levels.last { first = max(first, change) }
    let least = block > 1 ? Self.leastDays : Self.leastSamples
    first = min(first, blocks)
    let lead = series[first...].firstIndex { !$0.isNaN } ?? blocks
    count = series[lead...].count { !$0.isNaN }
    guard count >= least, 2 * count >= blocks - lead else { return nil }
    let earliest = max(
      0, blocks - MetricEvidence.changeSpan, levels.last { first - $0 >= Trend.leastHistory } ?? 0)
    series.removeFirst(min(earliest, lead))
    if let season, count >= 4 * season { Self.remove(season: season, from: &series) }
    let split = lead - min(earliest, lead)
    history = Array(series[..<split])
    values = Array(series[split...])
    step = evidence.step * Double(block)
    from = evidence.date(offset + lead * block)
    until = evidence.observedUntil
  }

  /// Takes the mean by phase of the residuals from a least-squares line out of the values.
  private static func remove(season: Int, from values: inout [Double]) {
    let present = values.indices.filter { !values[$0].isNaN }
    let n = Double(present.count)
    let meanX = present.reduce(0) { $0 + Double($1) } / n
    let meanY = present.reduce(0) { $0 + values[$1] } / n
    let sxx = present.reduce(0) { $0 + (Double($1) - meanX) * (Double($1) - meanX) }
    let slope = present.reduce(0) { $0 + (Double($1) - meanX) * (values[$1] - meanY) } / sxx
    var sums = [Double](repeating: 0, count: season)
    var counts = [Double](repeating: 0, count: season)
    for i in present {
      sums[i % season] += values[i] - meanY - slope * (Double(i) - meanX)
      counts[i % season] += 1
    }
    for i in present { values[i] -= sums[i % season] / counts[i % season] }
  }
}

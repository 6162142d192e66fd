import Glibc
import Numerics

/// A repetition in a series, found beside changes of its level.
///
/// Periods are looked for in the differences of neighbouring samples: a new level is one wild difference, which is
/// pulled in, while a rhythm is there in every cycle. The period whose phases differ most surely by the F test is taken,
/// and the shape is the sum of its mean differences.
struct Rhythm {
  /// Samples.
  let period: Int
  /// The part of each phase, of mean 0, in units of the series.
  let shape: [Double]

  /// Chance of one series in so many to be given a rhythm that is not there.
  private static let bar = 1e-4
  /// Longest period tried, in samples.
  private static let longestPeriod = 400
  /// Cycles that a rhythm needs at least.
  private static let fewestCycles = 3
  /// Robust standard deviations beyond which a difference is wild.
  private static let wild = 4.0

  /// The rhythm's part of a sample.
  func value(at index: Int) -> Double { shape[index % period] }

  /// The surest rhythm of a series; nil when there is none.
  /// - Parameter values: NaN = missing.
  init?(in values: [Double]) {
    var differences = [Double](repeating: .nan, count: values.count)
    for index in values.indices.dropFirst() { differences[index] = values[index] - values[index - 1] }
    let present = differences.indices.filter { differences[$0].isFinite }
    let longest = min(Self.longestPeriod, values.count / Self.fewestCycles)
    guard present.count >= 20, longest >= 2 else { return nil }
    let tamed = Self.tamed(differences, present)
    let mean = present.reduce(0) { $0 + tamed[$1] } / Double(present.count)
    let total = present.reduce(0) { $0 + (tamed[$1] - mean) * (tamed[$1] - mean) }
    guard total > 0 else { return nil }
    var best: Int?
    var least = Self.bar / Double(longest)
    for period in 2...longest {
      var sums = [Double](repeating: 0, count: period)
      var counts = [Double](repeating: 0, count: period)
      for index in present {
        sums[index % period] += tamed[index] - mean
        counts[index % period] += 1
      }
      var between = 0.0
      var seen = 0.0
      for (sum, count) in zip(sums, counts) where count > 0 {
        between += sum * sum / count
        seen += 1
      }
      let degrees = Double(present.count) - seen
      guard seen > 1, degrees > 4 else { continue }
      let ratio = between / (seen - 1) / max((total - between) / degrees, 1e-12 * total)
      let p = FisherF.upperTail(ratio, numerator: seen - 1, denominator: degrees)
      if p < least { (best, least) = (period, p) }
    }
    guard let best else { return nil }
    period = best
    shape = Self.shape(of: differences, present, period: best)
  }

  /// Differences, the wild ones pulled in to so many robust standard deviations of their median.
  private static func tamed(_ differences: [Double], _ present: [Int]) -> [Double] {
    let known = present.map { differences[$0] }
    let middle = OrderStatistics.median(known, ofTwo: .lower) ?? 0
    let deviation = OrderStatistics.medianDeviation(known, from: middle, ofTwo: .lower) ?? 0
    guard deviation > 0 else { return differences }
    let limit = wild * deviation * OrderStatistics.deviationPerMedian
    return differences.map { min(max($0, middle - limit), middle + limit) }
  }

  private static func shape(of differences: [Double], _ present: [Int], period: Int) -> [Double] {
    var phases = [[Double]](repeating: [], count: period)
    for index in present { phases[index % period].append(differences[index]) }
    let middles = phases.map { OrderStatistics.median($0, ofTwo: .lower) ?? 0 }
    let rests = present.map { abs(differences[$0] - middles[$0 % period]) }
    let limit = wild * OrderStatistics.deviationPerMedian * (OrderStatistics.median(rests, ofTwo: .lower) ?? 0)
    let steps = zip(phases, middles).map { phase, middle -> Double in
      guard !phase.isEmpty else { return 0 }
      return phase.reduce(0) { $0 + min(max($1, middle - limit), middle + limit) } / Double(phase.count)
    }
    // A cycle ends where it began: what is left is the trend's.
    let drift = steps.reduce(0, +) / Double(period)
    var level = 0.0
    var shape = [Double](repeating: 0, count: period)
    for phase in 0..<period {
      level += steps[phase] - drift
      shape[phase] = level
    }
    let mean = shape.reduce(0, +) / Double(period)
    return shape.map { $0 - mean }
  }
}

import Glibc
import Numerics

/// Changes of series whose neighbouring values are often equal: counts, switches, rounded and clipped readings.
///
/// There a run of equal values is a segment without variance, and seems to be described by nothing. So the changes are
/// looked at once more by the ranks of the values alone (Wilcoxon 1945, with midranks for ties), against the
/// segments beside them: the weakest is dropped until each one holds by itself, allowing for the correlation of
/// neighbours. Each that holds is moved to where the ranks differ most. Changes of scatter alone are not told in such series.
struct RankConfirmation {
  /// Share of neighbours that are equal from which on a series is of this kind. Normal values rounded to whole standard
  /// deviations have 0.28; rounded to half of one, 0.14.
  private static let mostEqual = 0.2

  private let ranks: [Double]
  private let values: [Double]

  /// nil when few neighbours are equal.
  /// - Parameter raw: the values as they are.
  /// - Parameter values: the same without what they repeat.
  init?(raw: [Double], values: [Double]) {
    guard raw.count > 4 else { return nil }
    let equal = zip(raw, raw.dropFirst()).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
    guard Double(equal) >= Self.mostEqual * Double(raw.count - 1) else { return nil }
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var last = first
      while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
      for place in first...last { ranks[order[place]] = Double(first + last) / 2 }
      first = last + 1
    }
    self.ranks = ranks
    self.values = values
  }

  /// The starts that hold, each where the ranks differ most.
  func confirmed(_ starts: [Int]) -> [Int] {
    var starts = starts
    let bar = (2 * (ChangePoints.penalty + log(Double(ranks.count)))).squareRoot()
    while !starts.isEmpty {
      let bounds = [0] + starts + [ranks.count]
      var weakest = (place: 0, surprise: Double.infinity)
      for place in starts.indices {
        let surprise = strongest(between: bounds[place], and: bounds[place + 2]).surprise
        if surprise < weakest.surprise { weakest = (place, surprise) }
      }
      guard weakest.surprise < bar else { break }
      starts.remove(at: weakest.place)
    }
    guard !starts.isEmpty, !isLine(starts) else { return [] }
    for place in starts.indices {
      let low = place > 0 ? starts[place - 1] : 0
      starts[place] = strongest(between: low, and: place + 1 < starts.count ? starts[place + 1] : ranks.count).start
    }
    return starts
  }

  /// Where the mean ranks on both sides differ most, in standard errors.
  private func strongest(between low: Int, and high: Int) -> (start: Int, surprise: Double) {
    let count = Double(high - low)
    let mean = ranks[low..<high].reduce(0, +) / count
    var best = (start: low + 1, size: -1.0)
    var sum = 0.0
    for start in low + 1..<max(high, low + 2) {
      sum += ranks[start - 1] - mean
      let left = Double(start - low)
      guard left >= Double(ChangePoints.leastSegment), count - left >= Double(ChangePoints.leastSegment) else {
        continue
      }
      let size = abs(sum) / (left * (count - left) / count).squareRoot()
      if size > best.size { best = (start, size) }
    }
    guard best.size > 0 else { return (low + 1, 0) }
    // Scatter and correlation around the means of both sides.
    var variance = 0.0
    var product = 0.0
    var before = 0.0
    let means = [
      ranks[low..<best.start].reduce(0, +) / Double(best.start - low),
      ranks[best.start..<high].reduce(0, +) / Double(high - best.start),
    ]
    for index in low..<high {
      let rest = ranks[index] - means[index < best.start ? 0 : 1]
      variance += rest * rest
      product += rest * before
      before = rest
    }
    let whole = (ranks[low..<high].reduce(0) { $0 + ($1 - mean) * ($1 - mean) }) / count
    let correlation = min(max(variance > 0 ? product / variance : 0, 0), 0.95)
    // The scatter of all for the null, of both sides where it is larger than a third of it: a step is no scatter.
    let scatter = max(variance / count, whole / 3)
    let surprise = best.size / (scatter * (1 + correlation) / (1 - correlation)).squareRoot()
    return (best.start, min(surprise, usualValue(low, best.start, high)))
  }

  /// Where one value is the usual one, how often others come on both sides, as standard errors: the root of twice the log
  /// likelihood ratio of two shares against one. Few rare values are far from normal, and this allows for it.
  private func usualValue(_ low: Int, _ start: Int, _ high: Int) -> Double {
    var counts: [Double: Int] = [:]
    for index in low..<high { counts[values[index], default: 0] += 1 }
    guard let usual = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), 2 * usual.value > high - low else {
      return .infinity
    }
    func logLikelihood(_ range: Range<Int>) -> Double {
      let others = Double(range.count { values[$0] != usual.key })
      let count = Double(range.count)
      func part(_ k: Double) -> Double { k > 0 ? k * log(k / count) : 0 }
      return part(others) + part(count - others)
    }
    let gain = logLikelihood(low..<start) + logLikelihood(start..<high) - logLikelihood(low..<high)
    return (2 * max(0, gain)).squareRoot()
  }

  /// Whether a straight line describes the values shorter than constants between these starts do, with one scatter.
  private func isLine(_ starts: [Int]) -> Bool {
    let n = Double(values.count)
    let middle = (n - 1) / 2
    var (xx, xy, mean) = (0.0, 0.0, 0.0)
    for value in values { mean += value / n }
    for (index, value) in values.enumerated() {
      let x = Double(index) - middle
      xx += x * x
      xy += x * (value - mean)
    }
    let total = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    var pieces = 0.0
    let bounds = [0] + starts + [values.count]
    for (low, high) in zip(bounds, bounds.dropFirst()) {
      let mean = values[low..<high].reduce(0, +) / Double(high - low)
      pieces += values[low..<high].reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    let line = max(total - xy * xy / xx, 1e-12 * total)
    let price = Double(starts.count) * (ChangePoints.penalty + 1.5 * log(n)) - 0.5 * log(n)
    return 0.5 * n * log(line / max(pieces, 1e-12 * total)) < price
  }
}

import Analysis
import Glibc
import Inference
import Numerics

/// The expected value of a sample, given the values before it: a first-order autoregression around their median, fitted
/// robustly, so that earlier wild values hide no later one.
struct Expectation: Sendable {
  private let index: Int
  private let autoregression: Double
  /// Whether the sample before is there.
  private let isNext: Bool
  /// Values that it was learned from.
  let count: Int
  let expected: Double
  /// Standard deviation of what is new: 1.4826 times the median absolute residual (1 for a normal distribution).
  let deviation: Double

  /// Fewest values before.
  static let leastBefore = 20

  /// nil when there are too few values, or when they hardly move.
  /// - Parameter span: samples before that count.
  init?(of index: Int, in metric: MetricEvidence, span: Int) {
    let before = metric.present(max(0, index - span)..<index)
    guard before.count >= Self.leastBefore else { return nil }
    let (median, scatter) = Self.middle(before.map(\.value))
    guard scatter > 1e-9 * abs(median) else { return nil }
    // Values more than three deviations out count as three out.
    func rest(_ value: Double) -> Double { min(3 * scatter, max(-3 * scatter, value - median)) }
    var products = 0.0
    var squares = 0.0
    var pairs: [(Double, Double)] = []
    for (one, next) in zip(before, before.dropFirst()) where next.index == one.index + 1 {
      pairs.append((rest(one.value), next.value - median))
      products += rest(one.value) * rest(next.value)
      squares += rest(one.value) * rest(one.value)
    }
    let phi = pairs.count >= Self.leastBefore / 2 && squares > 0 ? min(0.98, max(-0.5, products / squares)) : 0
    let fresh = pairs.isEmpty ? scatter : Self.deviation(pairs.map { $0.1 - phi * $0.0 }, from: 0)
    isNext = before[before.count - 1].index == index - 1
    self.index = index
    autoregression = phi
    count = before.count
    expected = median + (isNext ? phi * rest(before[before.count - 1].value) : 0)
    deviation = isNext ? fresh : max(fresh, scatter)
    guard deviation > 1e-9 * abs(median) else { return nil }
  }

  /// How likely chance alone brings a value at least as far from what was expected, by the tail of what was new in the
  /// values before (`HeavyTail`).
  ///
  /// A tail is made of few values, so it is learned from up to four times the span; each span around its own median,
  /// lest an earlier level count as a wild value.
  /// - Returns: nil when there are too few values.
  func chance(of value: Double, in metric: MetricEvidence, span: Int) -> Double? {
    var residuals: [Double] = []
    for block in 1...Self.tailSpans {
      let last = index - (block - 1) * span
      guard last > 0 else { break }
      let values = metric.present(max(0, last - span)..<last)
      guard values.count >= Self.leastBefore else { break }
      let (median, scatter) = Self.middle(values.map(\.value))
      guard isNext else {
        residuals += values.map { $0.value - median }
        continue
      }
      let limit = 3 * scatter
      for (one, next) in zip(values, values.dropFirst()) where next.index == one.index + 1 {
        residuals.append(next.value - median - autoregression * min(limit, max(-limit, one.value - median)))
      }
    }
    return HeavyTail(residuals)?.chance(of: value - expected)
  }

  /// Spans that the tail is learned from.
  private static let tailSpans = 4

  /// The median and the robust standard deviation around it.
  private static func middle(_ values: [Double]) -> (median: Double, scatter: Double) {
    let median = OrderStatistics.median(values, ofTwo: .mean) ?? 0
    return (median, deviation(values, from: median))
  }

  private static func deviation(_ values: [Double], from centre: Double) -> Double {
    let spread = OrderStatistics.medianDeviation(values, from: centre, ofTwo: .mean) ?? 0
    return OrderStatistics.deviationPerMedian * spread
  }
}

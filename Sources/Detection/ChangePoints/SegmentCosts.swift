import Glibc

/// What each segment of a series costs, for one autoregression φ.
struct SegmentCosts: Sendable {
  let samples: SegmentSamples
  /// φ.
  let autoregression: Double
  private let noise: Double
  private let first: Double
  /// ½ log(s² (1 − φ²)), taken off every segment.
  private let logScale: Double

  init(samples: SegmentSamples, autoregression: Double) {
    self.samples = samples
    self.autoregression = autoregression
    let deviation = samples.noise(autoregression: autoregression)
    noise = deviation * deviation
    first = (1 - autoregression * autoregression).squareRoot()
    logScale = log(deviation * first)
  }

  /// Number of samples.
  var count: Int { samples.values.count }

  /// What a change costs.
  var changeCost: Double { ChangePoints.penalty + log(Double(count)) }

  /// Costs of the segments that end before `end` and start at multiples of `stride`, by start / stride; those of fewer
  /// samples than `ChangePoints.leastSegment` are left as they are. O(end).
  func costs(before end: Int, stride: Int, into costs: inout [Double]) {
    var sums = SegmentSums()
    let origin = samples.positions[end - 1]
    for start in Swift.stride(from: end - 1, through: 0, by: -1) {
      if start % stride == 0, end - start >= ChangePoints.leastSegment {
        var whole = sums
        whole.add(initial(start, origin))
        costs[start / stride] = whole.solution(noise: noise, logScale: logScale).cost
      }
      if start > 0 { sums.add(filtered(start, origin)) }
    }
  }

  /// The segment from `start` to before `end`. O(end − start).
  func fit(_ start: Int, _ end: Int) -> SegmentFit {
    var sums = SegmentSums()
    let origin = samples.positions[end - 1]
    sums.add(initial(start, origin))
    for i in Swift.stride(from: start + 1, to: end, by: 1) { sums.add(filtered(i, origin)) }
    let solution = sums.solution(noise: noise, logScale: logScale)
    return SegmentFit(
      cost: solution.cost, level: solution.level, slope: solution.slope, origin: origin,
      deviation: solution.variance.squareRoot())
  }

  /// Constant, position and value less φ times those of the sample before.
  private func filtered(_ i: Int, _ origin: Double) -> SegmentSums.Row {
    let phi = autoregression
    let x = samples.positions
    let y = samples.values
    return (1 - phi, x[i] - origin - phi * (x[i - 1] - origin), y[i] - phi * y[i - 1])
  }

  /// The first sample of a segment has none before it: √(1 − φ²) times constant, position and value.
  private func initial(_ i: Int, _ origin: Double) -> SegmentSums.Row {
    (first, first * (samples.positions[i] - origin), first * samples.values[i])
  }
}

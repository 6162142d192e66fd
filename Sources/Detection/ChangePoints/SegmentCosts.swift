import Glibc

/// The cost of each segment of a series, for one autoregression φ.
struct SegmentCosts: Sendable {
  let samples: SegmentSamples
  /// φ.
  let autoregression: Double
  /// s², one sample's worth of noise.
  let noise: Double
  /// √(1 − φ²).
  let first: Double
  /// ½ log(s² (1 − φ²)), taken off every segment.
  let logScale: Double
  /// The cost of a change.
  let changeCost: Double

  init(samples: SegmentSamples, autoregression: Double) {
    self.samples = samples
    self.autoregression = autoregression
    let deviation = samples.noise(autoregression: autoregression)
    noise = deviation * deviation
    first = (1 - autoregression * autoregression).squareRoot()
    logScale = log(deviation * first)
    changeCost = ChangePoints.penalty + samples.lengths.logCount[samples.values.count]
  }

  /// Number of samples.
  var count: Int { samples.values.count }

  /// The segment from `start` to before `end`. O(end − start).
  func fit(_ start: Int, _ end: Int) -> SegmentFit {
    var sums = SegmentSums()
    let origin = samples.positions[end - 1]
    sums.add(initial(start, origin))
    for i in Swift.stride(from: start + 1, to: end, by: 1) { sums.add(filtered(i, origin)) }
    let solution = sums.solution(
      noise: noise, logScale: logScale, logCount: samples.lengths.logCount[end - start])
    return SegmentFit(
      cost: solution.cost, level: solution.level, slope: solution.slope, origin: origin,
      deviation: solution.variance.squareRoot())
  }

  /// Constant, position and value less φ times those of the sample before.
  func filtered(_ i: Int, _ origin: Double) -> SegmentSums.Row {
    let phi = autoregression
    let x = samples.positions
    let y = samples.values
    return (1 - phi, x[i] - origin - phi * (x[i - 1] - origin), y[i] - phi * y[i - 1])
  }

  /// The first sample of a segment has none before it: √(1 − φ²) times constant, position and value.
  func initial(_ i: Int, _ origin: Double) -> SegmentSums.Row {
    (first, first * (samples.positions[i] - origin), first * samples.values[i])
  }
}

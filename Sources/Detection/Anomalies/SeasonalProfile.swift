import Glibc

/// The usual value at this time of the day (of the week, where samples are hours apart), learned from the past.
///
/// A profile of one level for each bin of the cycle, smoothed exponentially from cycle to cycle. The interval between
/// samples is that of the first ones, and says how many bins there are.
struct SeasonalProfile: Sendable {
  /// Weight of a new value in its bin.
  static let smoothing = 0.2
  /// Most bins: five minutes of a day.
  static let mostBins = 288
  /// Gaps between timestamps that tell the interval.
  static let gapsToWaitFor = 32

  private var gaps: [Double] = []
  private var lastTime = Double.nan
  private var waiting: [(time: Double, value: Double)] = []
  private var period = 0.0
  private var levels: [Double] = []

  /// The value less what is usual at its time, before it is learned; NaN while nothing is known or where values are so
  /// far apart that there is no cycle.
  /// - Parameter time: seconds since 1970.
  mutating func residual(time: Double, value: Double) -> Double {
    if gaps.count < Self.gapsToWaitFor {
      if time > lastTime { gaps.append(time - lastTime) }
      lastTime = time
      waiting.append((time, value))
      if gaps.count == Self.gapsToWaitFor { start() }
      return .nan
    }
    guard !levels.isEmpty else { return .nan }
    let bin = bin(at: time)
    let usual = usual(at: bin)
    learn(value, at: bin)
    return value - usual
  }

  /// Chooses cycle and bins, and learns the values that waited for them.
  private mutating func start() {
    gaps.sort()
    let interval = gaps[(gaps.count - 1) / 2]
    let day = 86_400.0
    period = interval <= day / 6 ? day : interval <= 1.5 * day ? 7 * day : 0
    guard period > 0 else { return }
    levels = [Double](repeating: .nan, count: min(Self.mostBins, Int((period / interval).rounded())))
    for (time, value) in waiting { learn(value, at: bin(at: time)) }
    waiting = []
  }

  private func bin(at time: Double) -> Int {
    let phase = time / period
    return min(levels.count - 1, Int((phase - phase.rounded(.down)) * Double(levels.count)))
  }

  /// Mean over the bin and up to two neighbours on each side, the bin itself counting twice.
  private func usual(at bin: Int) -> Double {
    let reach = min(2, levels.count / 12)
    var sum = 0.0
    var weight = 0.0
    for step in -reach...reach {
      let level = levels[(bin + step + levels.count) % levels.count]
      guard !level.isNaN else { continue }
      sum += step == 0 ? 2 * level : level
      weight += step == 0 ? 2 : 1
    }
    return weight > 0 ? sum / weight : .nan
  }

  private mutating func learn(_ value: Double, at bin: Int) {
    levels[bin] = levels[bin].isNaN ? value : levels[bin] + Self.smoothing * (value - levels[bin])
  }
}

import Glibc

/// How surprising a number is, given all that came before: −log10 of the chance of one as extreme.
///
/// Within the bulk of the history the chance is a rank, (r + ½) / (n + 1) with r earlier numbers at least as extreme.
/// In the outer tail it comes from a generalised Pareto distribution fitted to the excesses over a high quantile (peaks
/// over threshold: Pickands 1975; for streams Siffer and others 2017), with a fixed shape so that the few excesses only
/// have to tell the scale. It is never less than the rank says: what was seen r times is no rarer than that.
struct TailSurprise: Sendable {
  /// Share of the history that is its tail.
  static let tailShare = 0.05
  /// Least numbers in the tail.
  static let leastTail = 8
  /// Shape ξ of the Pareto tail: 0 is exponential, ½ has no variance.
  static let shape = 0.25
  /// Nothing is surprising before so many numbers.
  static let leastHistory = 50
  /// Most numbers that are remembered; the oldest go first.
  static let mostHistory = 20_000

  private var sorted = SortedHistory()
  private var recent: [Double] = []
  private var oldest = 0

  /// How many numbers it remembers.
  var count: Int { sorted.count }

  /// The greater surprise of the two sides of the next number, which then joins the history; 0 for NaN and while the
  /// history is short. O(√n).
  mutating func next(_ value: Double) -> Double {
    guard value.isFinite else { return 0 }
    let surprise =
      sorted.count < Self.leastHistory
      ? 0 : max(self.surprise(of: value, above: true), self.surprise(of: value, above: false))
    if recent.count < Self.mostHistory {
      recent.append(value)
    } else {
      sorted.remove(recent[oldest])
      recent[oldest] = value
      oldest = (oldest + 1) % Self.mostHistory
    }
    sorted.insert(value)
    return surprise
  }

  private func surprise(of value: Double, above: Bool) -> Double {
    let n = sorted.count
    let asExtreme = above ? n - sorted.count(below: value) : sorted.count(notAbove: value)
    let ranked = (Double(asExtreme) + 0.5) / Double(n + 1)
    let k = min(n - 1, max(Self.leastTail, Int(Self.tailShare * Double(n))))
    if asExtreme > k { return -log10(ranked) }
    // From here on the tail is seen as an upper one.
    let sign = above ? 1.0 : -1.0
    let threshold = sign * sorted[above ? n - 1 - k : k]
    let middle = sign * sorted[above ? n / 2 : n - 1 - n / 2]
    let total = above ? sorted.sumOfGreatest(k) : -sorted.sumOfLeast(k)
    let excess = total / Double(k) - threshold
    // Numbers that hardly vary still have a scale: a tenth of the way from the middle, a thousandth of their size.
    let least = max(0.1 * (threshold - middle), 1e-3 * (abs(threshold) + abs(middle)) + 1e-12)
    let scale = max(excess, least) * (1 - Self.shape) / Self.shape
    let beyond = pow(1 + (sign * value - threshold) / scale, -1 / Self.shape)
    let modelled = (Double(k) + 0.5) / Double(n + 1) * beyond
    let chance = asExtreme > 0 ? max(modelled, ranked) : modelled
    return -log10(max(chance, 1e-300))
  }
}

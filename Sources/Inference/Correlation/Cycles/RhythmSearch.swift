import Glibc
import Numerics

/// Looks for periods in a series of independent samples: by a wave, by the means of all phases, by one phase that stands
/// out; each constant, and growing along the time.
struct RhythmSearch {
  /// Chance of one series in so many to be given a rhythm that is not there.
  private static let bar = 1e-2
  /// Periods that people keep at usual steps: weekdays, months of a year, hours of a day, weeks of a year, quarters of
  /// an hour of a day, hours of a week, five minutes of a day, days of a year. They are expected, not searched for.
  private static let calendar: Set<Int> = [7, 12, 24, 52, 96, 168, 288, 365]
  /// Longest period tried, in samples.
  private static let longestPeriod = 400
  /// Cycles that a rhythm needs at least.
  private static let fewestCycles = 3

  /// n samples at `observed` places.
  private var rest: [Double]
  private let observed: [Int]
  /// From −1 to 1 along the time, at the places.
  private let line: [Double]
  private let longest: Int

  init(_ rest: [Double], observed: [Int], count: Int) {
    self.rest = rest
    self.observed = observed
    let whole = CalendarTerms.trend(count)
    line = observed.map { whole[$0] }
    longest = min(Self.longestPeriod, ((observed.last ?? 0) - (observed.first ?? 0) + 1) / Self.fewestCycles)
  }

  /// The surest rhythm that is left, which is taken out; nil when there is none.
  mutating func next() -> Cycle? {
    guard longest >= 2, let cycle = strongest() else { return nil }
    remove(cycle)
    return cycle
  }

  /// Sums by the phases of a period: of w·x and of w², for a weight w.
  private struct Fold {
    var products: [Double]
    var weights: [Double]
    var counts: [Int]
  }

  private func fold(_ period: Int, grows: Bool) -> Fold {
    var fold = Fold(
      products: [Double](repeating: 0, count: period), weights: [Double](repeating: 0, count: period),
      counts: [Int](repeating: 0, count: period))
    for (index, sample) in observed.enumerated() {
      let weight = grows ? line[index] : 1
      let phase = sample % period
      fold.products[phase] += weight * rest[index]
      fold.weights[phase] += weight * weight
      fold.counts[phase] += 1
    }
    return fold
  }

  private func strongest() -> Cycle? {
    let total = rest.reduce(0) { $0 + $1 * $1 }
    guard total > 0 else { return nil }
    let count = Double(rest.count)
    let spread = (total / count).squareRoot()
    var best: Cycle?
    // Two weights and three forms are tried for each period.
    let ordinary = Self.bar / Double(6 * longest)
    var least = 1.0
    func offer(_ p: Double, _ period: Int, _ form: Cycle.Form, _ grows: Bool) {
      let surprise = p / (Self.calendar.contains(period) ? Self.bar : ordinary)
      if surprise < least { (best, least) = (.rhythm(period: period, form: form, grows: grows), surprise) }
    }
    for period in 2...longest {
      for grows in [false, true] {
        let fold = fold(period, grows: grows)
        var between = 0.0
        var seen = 0.0
        for phase in 0..<period where fold.weights[phase] > 0 {
          let part = fold.products[phase] * fold.products[phase] / fold.weights[phase]
          between += part
          seen += 1
          guard fold.counts[phase] >= Self.fewestCycles, period > 2, !grows else { continue }
          let size = part.squareRoot() / spread
          guard size > 4, recurs(phase, of: period, rises: fold.products[phase] > 0, spread: spread) else { continue }
          // In a whitened series an edge is what is left of a day that is closed: all phases get means.
          offer(erfc(size / 2.0.squareRoot()) * Double(period), period, .phases, grows)
        }
        let degrees = count - seen
        guard seen > 1, degrees > 4 else { continue }
        offer(Self.p(between, of: total, seen - 1, degrees), period, .phases, grows)
        guard period > 2 else { continue }
        offer(Self.p(wave(fold), of: total, 2, count - 3), period, .sine, grows)
      }
    }
    return best
  }

  /// Sum of squares that a wave of the fold's period explains, as if the phases were seen equally often.
  private func wave(_ fold: Fold) -> Double {
    let step = 2 * Double.pi / Double(fold.products.count)
    var (c, s, weight) = (0.0, 0.0, 0.0)
    for (phase, product) in fold.products.enumerated() {
      c += product * cos(step * Double(phase))
      s += product * sin(step * Double(phase))
      weight += fold.weights[phase]
    }
    return weight > 0 ? 2 * (c * c + s * s) / weight : 0
  }

  private static func p(_ explained: Double, of total: Double, _ degrees: Double, _ rest: Double) -> Double {
    let left = max(total - explained, 1e-12 * total)
    return FisherF.upperTail(explained / degrees / (left / rest), numerator: degrees, denominator: rest)
  }

  /// A phase stands out in most cycles, not in one.
  private func recurs(_ phase: Int, of period: Int, rises: Bool, spread: Double) -> Bool {
    var seen = 0
    var standing = 0
    for (value, sample) in zip(rest, observed) where sample % period == phase {
      seen += 1
      standing += (rises ? value : -value) > spread ? 1 : 0
    }
    return 3 * standing >= 2 * seen
  }

  private mutating func remove(_ cycle: Cycle) {
    guard case .rhythm(let period, let form, let grows) = cycle else { return }
    let fold = fold(period, grows: grows)
    for (index, sample) in observed.enumerated() {
      let phase = sample % period
      let weight = grows ? line[index] : 1
      switch form {
      case .phases: rest[index] -= weight * fold.products[phase] / fold.weights[phase]
      case .sine: rest[index] -= weight * waveValue(fold, at: phase)
      }
    }
  }

  private func waveValue(_ fold: Fold, at phase: Int) -> Double {
    let step = 2 * Double.pi / Double(fold.products.count)
    var (c, s, weight) = (0.0, 0.0, 0.0)
    for (other, product) in fold.products.enumerated() {
      c += product * cos(step * Double(other))
      s += product * sin(step * Double(other))
      weight += fold.weights[other]
    }
    return 2 / weight * (c * cos(step * Double(phase)) + s * sin(step * Double(phase)))
  }
}

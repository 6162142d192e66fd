import Glibc
import Numerics

/// How single samples scatter around what is expected of them.
package enum NoiseShape: Sendable, Equatable {
  /// The normal distribution.
  case normal
  /// Laplace's double exponential.
  case laplace
  /// A gamma distribution of this shape, skewed to the right, less its mean.
  case gamma(shape: Int)
  /// Student's t with 2 degrees of freedom, whose variance is infinite: scaled to the quartiles of the normal.
  case studentT2
  /// Counts of this mean; their variance is their mean.
  case poisson(mean: Double)
  /// Counts of this mean and more variance: gamma-mixed with this shape.
  case negativeBinomial(mean: Double, size: Int)
  /// Zero with this probability, else a positive amount.
  case zeroInflated(zero: Double)
  /// One with this probability, else zero.
  case onOff(share: Double)
  /// Per cent of so many trials that succeed with this probability.
  case percentage(trials: Int, share: Double)

  /// Whether signals move the mean of a discrete distribution instead of being added.
  package var isDiscrete: Bool {
    switch self {
    case .normal, .laplace, .gamma, .studentT2: false
    case .poisson, .negativeBinomial, .zeroInflated, .onOff, .percentage: true
    }
  }

  /// Standard deviation of a sample; of `studentT2` that of the normal distribution with its quartiles.
  package var spread: Double {
    switch self {
    case .normal, .laplace, .gamma, .studentT2: 1
    case .poisson(let mean): mean.squareRoot()
    case .negativeBinomial(let mean, let size): (mean + mean * mean / Double(size)).squareRoot()
    // An exponential amount of mean 1, kept with probability 1 − zero.
    case .zeroInflated(let zero): (2 * (1 - zero) - (1 - zero) * (1 - zero)).squareRoot()
    case .onOff(let share): (share * (1 - share)).squareRoot()
    case .percentage(let trials, let share): 100 * (share * (1 - share) / Double(trials)).squareRoot()
    }
  }

  /// Least and greatest possible values.
  package var bounds: (least: Double?, greatest: Double?) {
    switch self {
    case .normal, .laplace, .gamma, .studentT2: (nil, nil)
    case .poisson, .negativeBinomial, .zeroInflated: (0, nil)
    case .onOff: (0, 1)
    case .percentage: (0, 100)
    }
  }

  /// A sample whose expectation has moved by so many standard deviations, as far as the distribution allows it.
  package func draw(signal: Double, _ random: inout SeededRandom) -> Double {
    switch self {
    case .normal: return signal + random.normal()
    case .laplace:
      let side = random.sign()
      return signal - side * log(random.openUniform()) / 2.0.squareRoot()
    case .gamma(let shape):
      return signal + (Self.gamma(shape, &random) - Double(shape)) / Double(shape).squareRoot()
    case .studentT2:
      let chi = -2 * log(random.openUniform())
      // The upper quartile of t₂ is 0.8165, that of the normal distribution 0.6745.
      return signal + random.normal() / (chi / 2).squareRoot() * 0.6745 / 0.8165
    case .poisson(let mean): return Self.poisson(max(0, mean + signal * spread), &random)
    case .negativeBinomial(let mean, let size):
      let moved = max(0, mean + signal * spread)
      return Self.poisson(moved * Self.gamma(size, &random) / Double(size), &random)
    case .zeroInflated(let zero):
      let amount = max(0, 1 + signal * spread / (1 - zero))
      return random.happens(zero) ? 0 : -log(random.openUniform()) * amount
    case .onOff(let share): return random.happens(share + signal * spread) ? 1 : 0
    case .percentage(let trials, let share):
      let moved = share + signal * spread / 100
      var successes = 0
      for _ in 0..<trials where random.happens(moved) { successes += 1 }
      return 100 * Double(successes) / Double(trials)
    }
  }

  /// A gamma variable of whole shape and scale 1.
  private static func gamma(_ shape: Int, _ random: inout SeededRandom) -> Double {
    var total = 0.0
    for _ in 0..<shape { total -= log(random.openUniform()) }
    return total
  }

  /// A Poisson variable (Knuth's product of uniforms, in pieces that do not underflow).
  private static func poisson(_ mean: Double, _ random: inout SeededRandom) -> Double {
    var left = mean
    var count = 0.0
    while left > 0 {
      let piece = min(left, 30)
      left -= piece
      let limit = exp(-piece)
      var product = random.openUniform()
      while product > limit {
        count += 1
        product *= random.openUniform()
      }
    }
    return count
  }
}

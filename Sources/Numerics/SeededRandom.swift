import Glibc

/// A generator whose numbers depend on its seed alone, on every machine: SplitMix64 (Steele, Lea and Flood 2014).
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Seeds that follow one another start far apart in the sequence.
  package init(seed: UInt64) { state = seed &* Self.step }

  /// The published generator, whose state is the seed itself.
  package init(state: UInt64) { self.state = state }

  /// 2⁶⁴ divided by the golden ratio, made odd.
  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= Self.step
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The next number of [0, 1), in steps of 2⁻⁵³.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// The next number of (0, 1): the midpoints of 2⁵³ equal parts.
  package mutating func openUniform() -> Double { (Double(next() >> 11) + 0.5) / 0x1p53 }

  /// The next number of a range.
  package mutating func uniform(in range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }

  /// Mean 0, standard deviation 1 (Box and Muller 1958).
  package mutating func normal() -> Double {
    let radius = uniform(in: Double.leastNonzeroMagnitude...1)
    return (-2 * log(radius)).squareRoot() * sin(2 * .pi * uniform(in: 0...1))
  }

  /// The generator of a number: streams of different numbers have nothing to do with each other.
  package static func stream(_ seed: UInt64, _ number: UInt64) -> SeededRandom {
    var first = SeededRandom(seed: seed)
    var second = SeededRandom(seed: first.next() ^ number)
    return SeededRandom(seed: second.next())
  }

  /// The next whole number of a range.
  package mutating func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// True with this probability.
  package mutating func happens(_ probability: Double) -> Bool { uniform(in: 0...1) < probability }

  /// 1 or −1, each as likely.
  package mutating func sign() -> Double { happens(0.5) ? 1 : -1 }
}

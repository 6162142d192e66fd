import Glibc

/// A generator whose numbers depend on its seed alone (SplitMix64; Steele, Lea, Flood 2014).
package struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed &* 0x9E37_79B9_7F4A_7C15
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  package mutating func uniform(in range: ClosedRange<Double>) -> Double {
    Double.random(in: range, using: &self)
  }

  /// Mean 0, standard deviation 1 (Box and Muller).
  package mutating func normal() -> Double {
    let radius = uniform(in: Double.leastNonzeroMagnitude...1)
    return (-2 * log(radius)).squareRoot() * sin(2 * .pi * uniform(in: 0...1))
  }
}

extension SeededRandom {
  /// The generator of a number: streams of different numbers have nothing to do with each other.
  package static func stream(_ seed: UInt64, _ number: UInt64) -> SeededRandom {
    var first = SeededRandom(seed: seed)
    var second = SeededRandom(seed: first.next() ^ number)
    return SeededRandom(seed: second.next())
  }

  package mutating func whole(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// True with this probability.
  package mutating func happens(_ probability: Double) -> Bool { uniform(in: 0...1) < probability }

  package mutating func sign() -> Double { happens(0.5) ? 1 : -1 }
}

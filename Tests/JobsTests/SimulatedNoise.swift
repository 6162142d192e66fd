import Glibc

/// Reproducible pseudo-random numbers (SplitMix64: Steele, Lea, Flood 2014).
struct SimulatedNoise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Uniform on (0, 1).
  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return (Double(z >> 11) + 0.5) / 9_007_199_254_740_992
  }

  /// Standard normal (Box and Muller 1958).
  mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform()) }

  /// An autoregression of first order with variance 1.
  mutating func autoregression(_ count: Int, _ phi: Double = 0.4) -> [Double] {
    var value = normal()
    return (0..<count).map { _ in
      defer { value = phi * value + (1 - phi * phi).squareRoot() * normal() }
      return value
    }
  }
}

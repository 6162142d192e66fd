import Glibc
import Numerics

/// Reproducible pseudo-random numbers.
struct SimulatedNoise {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(state: seed) }

  /// Uniform on (0, 1).
  mutating func uniform() -> Double { random.openUniform() }

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

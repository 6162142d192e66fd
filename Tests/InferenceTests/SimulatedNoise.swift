import Numerics

/// Noise that is the same on every machine.
struct SimulatedNoise {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(state: seed) }

  /// The next number of [0, 1).
  mutating func uniform() -> Double { random.uniform() }

  /// Nearly normal: twelve uniform numbers less six.
  mutating func normal() -> Double { (0..<12).reduce(0) { sum, _ in sum + uniform() } - 6 }

  /// AR(1) with unit variance.
  mutating func autoregression(_ count: Int, _ phi: Double) -> [Double] {
    var values = [normal()]
    let scale = (1 - phi * phi).squareRoot()
    while values.count < count { values.append(phi * values[values.count - 1] + scale * normal()) }
    return values
  }
}

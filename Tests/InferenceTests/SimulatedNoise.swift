/// Noise that is the same on every machine: SplitMix64 (Steele, Lea and Flood 2014).
struct SimulatedNoise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// The next number of [0, 1).
  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }

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

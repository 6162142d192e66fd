/// Steele, Lea and Flood's generator (2014): the same numbers everywhere from the same seed.
package struct SplitMix64 {
  private var state: UInt64

  package init(state: UInt64) {
    self.state = state
  }

  /// The next number of [0, 1), in steps of 2⁻⁵³.
  package mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}

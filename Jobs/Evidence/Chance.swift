import Glibc

/// Between chances and standard deviations of the normal distribution.
enum Chance {
  /// Standard deviations within which 95 % lie.
  static let ninetyFive = 1.959963984540054

  /// z with 2 (1 − Φ(z)) = p, by bisection to 1e-9; 0 … 37.
  static func deviations(twoSided p: Double) -> Double {
    var low = 0.0
    var high = 37.0
    while high - low > 1e-9 {
      let middle = low + (high - low) / 2
      if erfc(middle / 2.0.squareRoot()) > p { low = middle } else { high = middle }
    }
    return low + (high - low) / 2
  }
}

import Glibc

/// Student's t distribution.
enum StudentT {
  /// Quantile with one degree of freedom: tan(π (p − ½)).
  static func cauchyQuantile(_ p: Double) -> Double {
    tan(Double.pi * (p - 0.5))
  }
}

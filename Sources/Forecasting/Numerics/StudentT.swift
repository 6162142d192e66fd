import Glibc

/// Student's t distribution, for the degrees of freedom whose quantiles have a closed form.
enum StudentT {
  /// Quantile with one degree of freedom: tan(π (p − ½)).
  static func cauchyQuantile(_ p: Double) -> Double {
    tan(Double.pi * (p - 0.5))
  }

  /// Quantile with four degrees of freedom, 0 < p < 1: ±2 √(cos(⅓ arccos √a) / √a − 1), a = 4 p (1 − p)
  /// (Shaw 2006, Journal of Computational Finance 9(4), section 3). The variance of the distribution is 2.
  static func quantileOfFour(_ p: Double) -> Double {
    let root = (4 * p * (1 - p)).squareRoot()
    // 1 at p = ½, where rounding must not leave the domain.
    let q = root < 1 ? cos(acos(root) / 3) / root - 1 : 0
    let size = 2 * max(q, 0).squareRoot()
    return p < 0.5 ? -size : size
  }
}

import CBoostMath

/// The distribution of the ratio of two mean squares (Fisher and Snedecor), by Boost.Math.
package enum FisherF {
  /// P(F ≥ ratio) with so many degrees of freedom, each above 0.
  package static func upperTail(_ ratio: Double, numerator: Double, denominator: Double) -> Double {
    boost_f_upper_tail(ratio, numerator, denominator)
  }
}

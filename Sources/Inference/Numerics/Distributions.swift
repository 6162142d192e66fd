import CBoostMath
import Glibc

/// Student's t distribution (Boost.Math).
enum StudentT {
  /// P(|T| ≥ |t|) with `degrees` > 0 degrees of freedom.
  static func twoSided(_ t: Double, degrees: Double) -> Double {
    min(1, 2 * boost_student_t_upper_tail(abs(t), degrees))
  }

  /// P(T ≤ t).
  static func cumulative(_ t: Double, degrees: Double) -> Double {
    boost_student_t_upper_tail(-t, degrees)
  }

  /// x with P(T ≤ x) = p, 0 < p < 1.
  static func quantile(_ p: Double, degrees: Double) -> Double {
    boost_student_t_quantile(p, degrees)
  }
}

/// The standard normal distribution (Boost.Math).
enum Normal {
  /// x with P(Z ≤ x) = p, 0 < p < 1.
  static func quantile(_ p: Double) -> Double { boost_normal_quantile(p) }
}

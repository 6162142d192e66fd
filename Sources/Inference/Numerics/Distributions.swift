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

  /// log Γ((ν + 1) / 2) − log Γ(ν / 2): the density's constant but for √(π ν) and the scale.
  static func logConstant(degrees: Double) -> Double {
    lgamma((degrees + 1) / 2) - lgamma(degrees / 2)
  }

  /// Square of the scale whose |T| has this median: where EM begins.
  static func variance(ofMedian median: Double, degrees: Double) -> Double {
    let quartile = quantile(0.75, degrees: degrees)
    return median * median / (quartile * quartile)
  }

  /// Weight of a residual in a step of EM (Lange, Little and Taylor 1989).
  static func weight(_ residual: Double, variance: Double, degrees: Double) -> Double {
    (degrees + 1) / (degrees + residual * residual / variance)
  }

  /// Log likelihood of residuals around 0.
  static func logLikelihood(_ residuals: [Double], variance: Double, degrees: Double) -> Double {
    let constant = logConstant(degrees: degrees) - 0.5 * log(.pi * degrees * variance)
    return residuals.reduce(Double(residuals.count) * constant) {
      $0 - 0.5 * (degrees + 1) * log1p($1 * $1 / (degrees * variance))
    }
  }
}

/// The standard normal distribution (Boost.Math).
enum Normal {
  /// x with P(Z ≤ x) = p, 0 < p < 1.
  static func quantile(_ p: Double) -> Double { boost_normal_quantile(p) }
}

import Glibc
import Numerics

/// A mixture of Student t distributions with the same degrees of freedom: a posterior over several models.
struct StudentMixture {
  /// One part; weights sum to one.
  struct Part {
    var weight: Double
    let mean: Double
    let scale: Double
  }

  let parts: [Part]
  let degrees: Double

  /// Mean; exists for more than one degree of freedom.
  var mean: Double { parts.reduce(0) { $0 + $1.weight * $1.mean } }

  /// P(X ≤ x).
  func cumulative(_ x: Double) -> Double {
    parts.reduce(0) { $0 + $1.weight * StudentT.cumulative((x - $1.mean) / $1.scale, degrees: degrees) }
  }

  /// Density at x.
  func density(_ x: Double) -> Double {
    let constant = exp(StudentT.logConstant(degrees: degrees)) / (Double.pi * degrees).squareRoot()
    return parts.reduce(0) { sum, part in
      let t = (x - part.mean) / part.scale
      return sum + part.weight / part.scale * exp(-0.5 * (degrees + 1) * log1p(t * t / degrees))
    } * constant
  }

  /// x with P(X ≤ x) = p, to 10⁻¹⁰ in p; p strictly between 0 and 1.
  ///
  /// The mixture's quantile lies between those of its parts. Newton's steps from the quantile of one t distribution
  /// with the mixture's mean and variance; a step out of the bracket becomes a bisection.
  func quantile(_ p: Double) -> Double {
    let unit = StudentT.quantile(p, degrees: degrees)
    let ends = parts.map { $0.mean + unit * $0.scale }
    guard var low = ends.min(), var high = ends.max(), high > low else { return ends.first ?? .nan }
    let mean = mean
    let variance = parts.reduce(0) { $0 + $1.weight * ($1.scale * $1.scale + ($1.mean - mean) * ($1.mean - mean)) }
    var x = min(max(mean + unit * variance.squareRoot(), low), high)
    for _ in 0..<100 {
      let excess = cumulative(x) - p
      if abs(excess) < 1e-10 || high - low <= 1e-13 * max(abs(low), abs(high)) { break }
      if excess < 0 { low = x } else { high = x }
      let next = x - excess / density(x)
      x = next > low && next < high ? next : (low + high) / 2
    }
    return x
  }
}

import Numerics

/// A share of successes with the 95 % interval of Wilson (1927), which holds for few trials and shares near 0 and 1:
/// (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), z = 1.96.
package struct Share: Encodable, Sendable {
  package let of: Int
  package let count: Int
  package let share: Double?
  package let lo95: Double?
  package let hi95: Double?

  package init(_ count: Int, of total: Int) {
    of = total
    self.count = count
    guard total > 0 else {
      (share, lo95, hi95) = (nil, nil, nil)
      return
    }
    let (n, z) = (Double(total), NormalDistribution.twoSided95)
    let p = Double(count) / n
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    share = p.rounded(to: 4)
    lo95 = max(0, middle - half).rounded(to: 4)
    hi95 = min(1, middle + half).rounded(to: 4)
  }
}

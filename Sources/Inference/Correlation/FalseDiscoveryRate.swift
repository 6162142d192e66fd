/// The share of false findings among the reported ones, kept below a level.
public enum FalseDiscoveryRate {
  /// Adjusted p values of Benjamini and Hochberg (1995): q_(k) = min over j ≥ k of m p_(j) / j.
  ///
  /// Reporting q ≤ α keeps the expected share of false findings at or below α when the tests are independent or
  /// positively dependent. In the order of `p`; O(m log m).
  public static func adjusted(_ p: [Double]) -> [Double] {
    var q = [Double](repeating: 1, count: p.count)
    let order = p.indices.sorted { (p[$0], $0) < (p[$1], $1) }
    var least = 1.0
    for rank in stride(from: order.count, through: 1, by: -1) {
      least = min(least, p[order[rank - 1]] * Double(p.count) / Double(rank))
      q[order[rank - 1]] = least
    }
    return q
  }

  /// How much surer than the level the surest finding of a family must be.
  public static let familyBar = 5.0

  /// Adjusted p values of tests that fall into families, such as the pairs of each of many twins: the largest of
  ///
  /// - q over all tests (few findings must not hide among the many of others),
  /// - q over the tests of the family (a finding must hold for its twin alone),
  /// - five times the least q of the family: a family in which nothing is true then reports something with
  ///   probability α/5 instead of α.
  ///
  /// Each bound only takes findings away from those of Benjamini and Hochberg, in an order that the p values decide
  /// (self-consistency, Blanchard and Roquain 2008).
  /// - Parameter families: the family of each test, any numbers.
  public static func adjusted(_ p: [Double], families: [Int]) -> [Double] {
    var q = adjusted(p)
    for members in Dictionary(grouping: p.indices, by: { families[$0] }).values {
      let own = adjusted(members.map { p[$0] })
      let bar = familyBar * (own.min() ?? 1)
      for (member, value) in zip(members, own) { q[member] = min(1, max(q[member], value, bar)) }
    }
    return q
  }
}

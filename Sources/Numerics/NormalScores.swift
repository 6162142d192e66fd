/// Ranks turned into quantiles of the normal distribution.
package enum NormalScores {
  /// Φ⁻¹((rank − 3/8) / (n + 1/4)) of each value, ties at their mean rank (Blom 1958).
  ///
  /// A correlation of normal scores loses nothing against Pearson's where the values are normal, and gains under
  /// every other distribution (Chernoff and Savage 1958); one wild value cannot carry it.
  package static func of(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    let count = Double(values.count)
    var scores = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var last = first
      while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
      let rank = Double(first + last) / 2 + 1
      let score = NormalDistribution.quantile((rank - 0.375) / (count + 0.25))
      for k in first...last { scores[order[k]] = score }
      first = last + 1
    }
    return scores
  }
}

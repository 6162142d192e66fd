extension FanChart {
  /// The labels to write of a row, so that none touches the next; empty ones are left out.
  ///
  /// The first one gives way to the second, since a day or year that begins later says more than one cut off.
  /// - Parameters:
  ///   - places: their middles, ascending.
  ///   - sizes: their widths; 0 for an empty label.
  ///   - gap: least space between two.
  static func legible(places: [Double], sizes: [Double], gap: Double) -> [Int] {
    var kept: [Int] = []
    for k in places.indices where sizes[k] > 0 {
      let start = places[k] - sizes[k] / 2
      if let last = kept.last, places[last] + sizes[last] / 2 + gap > start {
        guard kept.count == 1 else { continue }
        kept = []
      }
      kept.append(k)
    }
    return kept
  }

  /// An exponent in raised digits, such as `⁻³`.
  static func raised(_ exponent: Int) -> String {
    String(String(exponent).map { $0 == "-" ? "⁻" : Array("⁰¹²³⁴⁵⁶⁷⁸⁹")[$0.wholeNumberValue ?? 0] })
  }
}

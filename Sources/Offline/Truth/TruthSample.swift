/// How many series of a family are looked at, and which.
package struct TruthSample: Sendable {
  /// Series a family and measure.
  package let series: Int
  /// Of the first series; the others follow.
  package let seed: UInt64

  package init(series: Int, seed: UInt64) {
    self.series = series
    self.seed = seed
  }

  package var seeds: [UInt64] { (0..<UInt64(series)).map { seed &* 1_000_003 &+ $0 } }
}

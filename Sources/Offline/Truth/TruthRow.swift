import Glibc

/// One figure of the hospital: what a command states about a family of which the truth is known, and the bound.
package struct TruthRow: Sendable {
  /// The side of a bound on which a figure must lie.
  package enum Bound: Sendable {
    case atMost(Double)
    case atLeast(Double)
    /// The figure is stated and nothing is asked of it.
    case none
  }

  /// The command, such as `changes`.
  package let area: String
  package let family: String
  /// The thing counted, such as `false` or `coverage`.
  package let measure: String
  /// A share, or a number a series.
  package let value: Double
  /// How many the share is of.
  package let count: Int
  package let bound: Bound
  /// Whether the figure is a share of `count`, which chance moves.
  package var isShare = true

  /// Within the bound, or beyond it by no more than chance does: 2.6 standard errors of a share, one in two hundred.
  package var holds: Bool {
    switch bound {
    case .none: true
    case .atMost(let most): value <= most + slack(most)
    case .atLeast(let least): value >= least - slack(least)
    }
  }

  private func slack(_ bound: Double) -> Double {
    guard isShare, count > 0 else { return 0 }
    return 2.6 * (bound * (1 - bound) / Double(count)).squareRoot()
  }
}

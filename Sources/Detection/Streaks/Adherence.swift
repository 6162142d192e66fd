import Glibc
import Numerics

/// The share of due dates that were kept, with an interval.
public struct Adherence: Sendable, Equatable {
  /// Dates kept.
  public var kept: Int
  /// Dates of which it is known.
  public var known: Int
  /// Dates of which it is not known.
  public var unknown: Int
  /// `kept / known`.
  public var share: Double
  /// Ends of the 95 % interval of the share in the long run.
  public var lower: Double
  /// See `lower`.
  public var upper: Double

  /// The adherence of the last dates; `nil` when none of them is known.
  ///
  /// The interval is Wilson's (1927), whose coverage holds for small numbers and shares near 0 and 1, too. Habits come
  /// in runs: the number of dates is first reduced to an effective one, n (1 − r) / (1 + r) for an autocorrelation r >
  /// 0 of neighbours.
  /// - Parameter kept: one a due date, oldest first; `nil` = not known.
  /// - Parameter last: how many dates from the end count; `nil` = all.
  public init?(of kept: [Bool?], last: Int? = nil) {
    let dates = kept.suffix(last ?? kept.count)
    let known = dates.compactMap { $0 }
    guard !known.isEmpty else { return nil }
    self.known = known.count
    unknown = dates.count - known.count
    self.kept = known.count { $0 }
    let n = Double(known.count)
    share = Double(self.kept) / n
    let correlation = min(0.9, max(0, Self.autocorrelation(known, share: share)))
    let effective = max(1, n * (1 - correlation) / (1 + correlation))
    let z = NormalDistribution.twoSided95
    let square = z * z / effective
    let centre = (share + square / 2) / (1 + square)
    let reach = z / (1 + square) * (share * (1 - share) / effective + square / (4 * effective)).squareRoot()
    lower = max(0, centre - reach)
    upper = min(1, centre + reach)
  }

  /// Of first order; 0 where all dates are alike.
  private static func autocorrelation(_ known: [Bool], share: Double) -> Double {
    let variance = share * (1 - share) * Double(known.count)
    guard variance > 0 else { return 0 }
    let products = zip(known, known.dropFirst()).reduce(0.0) { sum, pair in
      sum + ((pair.0 ? 1 : 0) - share) * ((pair.1 ? 1 : 0) - share)
    }
    return products / variance
  }
}

import FoundationEssentials
import Glibc
import Numerics
import Queue
import Twins

/// The newest prediction of one metric: a step of each row, by date.
package struct PredictedMetric: Sendable, Hashable {
  package let metric: String
  /// The job that predicted it.
  package let job: JobID
  package let dates: [Date]
  package let mean: [Double]
  /// Bounds of the 95 % interval.
  package let lower: [Double]
  /// See `lower`.
  package let upper: [Double]

  /// The chance that the value of a step is beyond a bound: a normal distribution on either side of the mean, with the
  /// standard deviation that the 95 % bound of that side tells, (bound − mean) / 1.96.
  package func chance(beyond bound: Threshold.Bound, step: Int) -> Double {
    switch bound {
    case .above(let value): Self.chance(of: value - mean[step], reach: reach(step, towards: value))
    case .below(let value): Self.chance(of: mean[step] - value, reach: reach(step, towards: value))
    }
  }

  private func reach(_ step: Int, towards value: Double) -> Double {
    value >= mean[step] ? upper[step] - mean[step] : mean[step] - lower[step]
  }

  /// The chance of more than a distance, on the side where 97.5 % reach as far as `reach`.
  private static func chance(of distance: Double, reach: Double) -> Double {
    guard reach > 0 else { return distance < 0 ? 1 : 0 }
    return 0.5 * erfc(NormalDistribution.twoSided95 * distance / reach / 2.0.squareRoot())
  }

  /// Feeds the hash of an input.
  package func combine(into hash: inout Fingerprint) {
    hash.combine(metric)
    hash.combine(Int(job))
    hash.combine(dates.count)
    for date in dates { hash.combine(date.timeIntervalSinceReferenceDate) }
    for value in mean + lower + upper { hash.combine(value) }
  }
}

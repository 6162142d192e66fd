import COpenBLAS
import Glibc
import Numerics

/// Lagged correlations of every series with every other.
///
/// r_l(i, j) = Σ_t x_i(t) x_j(t + l) / √(Σ x_i² Σ x_j²) of the centred series, sums over all of the time: the sample
/// cross-correlation function of Box and Jenkins; |r| ≤ 1, and r_−l is the transpose of r_l.
///
/// Fifteen lags need not cost fifteen matrix products. The series are cut into chunks of B samples and transformed,
/// each chunk with the `lags` samples that follow it, by a discrete Fourier transform of B + L samples; then one
/// product per frequency holds all lags at once (overlap-save; Oppenheim and Schafer 2010, section 8.7). Operations:
/// about 4 N² T (1 + L/B) instead of 2 (L + 1) N² T. Products, and the transforms too, are `dgemm`.
public struct LaggedProducts: Sendable {
  /// Number of series.
  public let series: Int
  /// Largest lag.
  public let maximumLag: Int
  /// (maximumLag + 1) · series² numbers: r_l(i, j) at (l · series + i) · series + j.
  public let values: [Double]

  /// The correlation of series i with series j `lag` samples later; negative lags look the other way.
  public subscript(i: Int, j: Int, lag lag: Int) -> Double {
    lag >= 0 ? values[(lag * series + i) * series + j] : values[(-lag * series + j) * series + i]
  }

  /// Computes all pairs and lags 0…`maximumLag`.
  ///
  /// The bits of the result do not depend on the number of threads: the work is cut in tiles whatever it is.
  /// - Parameter samples: series after series, `count` numbers each, oldest first, NaN = missing, which counts as the
  ///   series' mean; a constant series correlates 0 with everything.
  /// - Parameter threads: work on so many tiles at once.
  /// - Throws: `InferenceError`; `.cancelled` between two tiles.
  public static func compute(
    _ samples: [Double], count: Int, maximumLag: Int, threads: Int = 1
  ) async throws(InferenceError) -> LaggedProducts {
    guard maximumLag >= 0, count > 0, maximumLag < count else { throw .invalidLag(maximumLag) }
    guard samples.count.isMultiple(of: count) else {
      throw .unequalLengths(expected: count, found: samples.count % count)
    }
    if let index = samples.firstIndex(where: \.isInfinite) {
      throw .infiniteValue(series: index / count, index: index % count)
    }
    Matrix.prepare()
    let plan = ChunkPlan(count: count, maximumLag: maximumLag)
    let series = samples.count / count
    let work = Workspace(plan: plan, series: series)
    await work.inParallel(parts: series, threads: threads) { plan.transform(samples, series: $0, into: work) }
    let tiles = TilePlan(series: series)
    await work.inParallel(parts: tiles.count, threads: threads) { plan.correlate(tiles[$0], in: work) }
    guard !Task.isCancelled else { throw .cancelled }
    return LaggedProducts(series: series, maximumLag: maximumLag, values: work.takeResult())
  }
}

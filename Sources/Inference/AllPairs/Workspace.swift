/// Memory that the parts of one computation of all pairs share.
///
/// `@unchecked Sendable`: parts that run at the same time write to disjoint ranges (one series, one tile), and phases
/// are separated by the end of their task group.
final class Workspace: @unchecked Sendable {
  let series: Int
  /// Transforms of each chunk: series · frequencies · 2 · chunks; see `ChunkPlan`.
  let leading: UnsafeMutablePointer<Double>
  /// Transforms of each chunk and what follows it.
  let following: UnsafeMutablePointer<Double>
  /// The same, turned by −i.
  let turned: UnsafeMutablePointer<Double>
  private let result: UnsafeMutableBufferPointer<Double>

  init(plan: ChunkPlan, series: Int) {
    self.series = series
    let size = max(series * plan.transformedSize, 1)
    leading = .allocate(capacity: size)
    following = .allocate(capacity: size)
    turned = .allocate(capacity: size)
    result = .allocate(capacity: max((plan.maximumLag + 1) * series * series, 1))
  }

  deinit {
    leading.deallocate()
    following.deallocate()
    turned.deallocate()
    result.deallocate()
  }

  /// Where correlations of series i, all following series, at a lag go.
  func row(_ i: Int, lag: Int) -> UnsafeMutablePointer<Double> {
    // Allocated with at least one element.
    result.baseAddress! + (lag * series + i) * series
  }

  /// The result, copied out; at lag 0, where (j, i) is summed in another order than (i, j), it is made symmetric.
  func takeResult() -> [Double] {
    guard series > 0 else { return [] }
    for i in 0..<series {
      for j in 0..<i { row(i, lag: 0)[j] = row(j, lag: 0)[i] }
    }
    return Array(result)
  }

  /// Runs parts 0..<parts on so many threads; parts not started when the task is cancelled are left out.
  func inParallel(parts: Int, threads: Int, _ body: @escaping @Sendable (Int) -> Void) async {
    let width = max(1, min(threads, parts))
    await withTaskGroup(of: Void.self) { group in
      for first in 0..<width {
        group.addTask {
          for part in stride(from: first, to: parts, by: width) where !Task.isCancelled { body(part) }
        }
      }
    }
  }
}

import Glibc

/// The last numbers of a stream, oldest first; NaN = missing.
struct RecentValues: Sendable {
  private var values: [Double] = []
  private let capacity: Int

  /// - Parameter capacity: how many are kept.
  init(capacity: Int) {
    self.capacity = capacity
    values.reserveCapacity(capacity + 1)
  }

  /// Adds the next number.
  mutating func append(_ value: Double) {
    if values.count == capacity { values.removeFirst() }
    values.append(value)
  }

  /// Mean of those present among the last `count`; NaN when half of them or more are missing.
  func mean(ofLast count: Int) -> Double {
    var sum = 0.0
    var present = 0
    let last = values.suffix(count)
    for value in last where !value.isNaN {
      sum += value
      present += 1
    }
    return 2 * present > last.count ? sum / Double(present) : .nan
  }

  /// Natural logarithm of the standard deviation of the last `count`; NaN before there are as many.
  /// - Parameter floor: what a standard deviation that is nearly 0 counts as.
  func logDeviation(ofLast count: Int, floor: Double) -> Double {
    guard values.count >= count else { return .nan }
    let last = values.suffix(count)
    let mean = last.reduce(0, +) / Double(count)
    let square = last.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    return log(max(square.squareRoot(), floor))
  }
}

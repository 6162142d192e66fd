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

  /// Natural logarithm of the standard deviation of all that are kept; NaN before there are as many as can be.
  /// - Parameter floor: what a standard deviation that is nearly 0 counts as.
  func logDeviation(floor: Double) -> Double {
    guard values.count == capacity else { return .nan }
    let mean = values.reduce(0, +) / Double(capacity)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(capacity)
    return log(max(square.squareRoot(), floor))
  }
}

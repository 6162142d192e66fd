import Glibc

/// Constants for each number of samples m, from 0 to n: logarithms once instead of per segment.
struct SegmentLengths: Sendable {
  /// log m.
  let logCount: [Double]
  /// A line describes m samples shorter than a constant does if its residual sum of squares, noise included, times this
  /// m^(1 / (m + 1)) is less than the constant's: what its further coefficient costs, without a logarithm.
  let lineFactor: [Double]
  /// (m + 1)/2 · log 2, what a binary logarithm of the residual sum of squares counts.
  let halfLog2: [Double]
  /// log m − (m + 1)/2 · log (m + 1), the rest of a constant's cost but for the series' own part.
  let base: [Double]

  init(upTo count: Int) {
    var logCount = [0.0]
    var lineFactor = [1.0]
    var halfLog2 = [0.0]
    var base = [0.0]
    for m in stride(from: 1, through: count, by: 1) {
      let size = Double(m)
      let half = (size + 1) / 2
      logCount.append(log(size))
      lineFactor.append(exp(logCount[m] / (size + 1)))
      halfLog2.append(half * log(2))
      base.append(logCount[m] - half * log(size + 1))
    }
    self.logCount = logCount
    self.lineFactor = lineFactor
    self.halfLog2 = halfLog2
    self.base = base
  }
}

/// A series of which the truth is known.
package struct SimulatedSeries: Sendable {
  /// At equal steps, oldest first; NaN = missing.
  package var values: [Double]
  /// Seconds from one sample to the next.
  package var step: Double
  /// Standard deviation of a sample around what is expected of it, in units of the values; the unit of planted shifts.
  package var spread: Double
  /// Samples of each rhythm, shortest first.
  package var periods: [Int]
  /// First samples of levels that are new, oldest first.
  package var changes: [Int]
  /// Samples that were replaced by wild values.
  package var outliers: [Int]
  /// Least value that can be.
  package var least: Double?
  /// Greatest value that can be.
  package var greatest: Double?

  /// A series without rhythm, change, outlier or bound.
  package init(values: [Double], step: Double, spread: Double) {
    self.values = values
    self.step = step
    self.spread = spread
    periods = []
    changes = []
    outliers = []
  }
}

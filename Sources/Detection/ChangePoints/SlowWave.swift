import Glibc
import Numerics

/// A sine of one to twelve cycles in the whole series, such as a year in three years of days.
struct SlowWave {
  /// Fewest and most half periods in the series.
  private static let halfPeriods = 2...24
  /// To which the period is sought, in half periods: a hundredth of a cycle in the whole series.
  private static let precision = 0.02

  /// Its part of each sample.
  let values: [Double]
  /// By how much the series is described shorter with it, in nats, were there no other structure: ½ n log of the ratio of
  /// the residual sums of squares.
  let gain: Double

  /// The wave that explains most of a series beside a straight line; nil without scatter.
  /// - Parameter values: NaN = missing.
  init?(in values: [Double]) {
    let present = values.indices.filter { values[$0].isFinite }
    let count = Double(values.count)
    guard present.count >= 12 else { return nil }
    func residual(_ halfPeriods: Double) -> (squares: Double, wave: [Double])? {
      let step = Double.pi * halfPeriods / count
      let columns: [(Int) -> Double] = [
        { _ in 1 }, { 2 * Double($0) / count - 1 }, { cos(step * Double($0)) }, { sin(step * Double($0)) },
      ]
      var rows = Matrix(rows: present.count, columns: columns.map { column in present.map(column) })
      rows.append(present.map { values[$0] })
      guard let fit = AugmentedCholesky(rows.gram().values, size: rows.columns) else { return nil }
      let beta = fit.coefficients()
      return (
        fit.residualSumOfSquares, values.indices.map { beta[2] * columns[2]($0) + beta[3] * columns[3]($0) }
      )
    }
    var best: (halfPeriods: Double, squares: Double, wave: [Double])?
    func offer(_ halfPeriods: Double) {
      guard let fit = residual(halfPeriods), fit.squares < best?.squares ?? .infinity else { return }
      best = (halfPeriods, fit.squares, fit.wave)
    }
    for halfPeriods in Self.halfPeriods { offer(Double(halfPeriods)) }
    // Periods are the calendar's and not the series' fractions.
    var step = 0.5
    while let middle = best?.halfPeriods, step > Self.precision {
      offer(middle - step)
      offer(middle + step)
      step /= 2
    }
    guard let best else { return nil }
    self.values = best.wave
    var line = Matrix(rows: present.count, columns: [])
    line.append(present.map { _ in 1.0 })
    line.append(present.map { 2 * Double($0) / count - 1 })
    line.append(present.map { values[$0] })
    let plain = AugmentedCholesky(line.gram().values, size: line.columns)?.residualSumOfSquares ?? 0
    gain = best.squares > 0 && plain > 0 ? 0.5 * Double(present.count) * log(plain / best.squares) : 0
  }
}

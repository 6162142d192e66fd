import Glibc

/// What is left of a metric when calendar and other factors are taken out, and what goes with it.
struct GivenFactors {
  private let basis: Matrix
  /// Unit length, orthogonal to the basis.
  private let rest: [Double]
  private let degrees: Double

  /// - Parameter y: one whitened column.
  /// - Parameter basis: whitened columns to take out.
  init(y: Matrix, basis columns: Matrix, measure: CorrelationSearch.Measure) {
    basis = columns.orthonormalised()
    var y = y
    y.removeProjection(on: basis)
    if measure == .ranks {
      y.values = NormalScores.of(y.values)
      y.removeProjection(on: basis)
    }
    let size = y.values.norm
    rest = size > 0 ? y.values.map { $0 / size } : y.values
    degrees = Double(y.rows - basis.columns - 1)
  }

  /// The column with the largest partial correlation, the first of equals.
  /// - Parameter columns: one factor, whitened, by lag.
  /// - Returns: r, and p with Šidák's correction for the number of columns: 1 − (1 − p)^k.
  func strongest(_ columns: Matrix) -> (lag: Int, r: Double, p: Double) {
    var columns = columns
    let sizes = (0..<columns.columns).map { Array(columns[column: $0]).norm }
    columns.removeProjection(on: basis)
    let products = columns.transposed(times: rest)
    var lag = 0
    var r = 0.0
    for j in 0..<columns.columns {
      let size = Array(columns[column: j]).norm
      // What the basis explains is rounding error.
      guard size > 1e-6 * sizes[j] else { continue }
      let value = min(max(products[j] / size, -1), 1)
      if abs(value) > abs(r) { (lag, r) = (j, value) }
    }
    guard degrees >= 5 else { return (lag, r, 1) }
    let t = r * (degrees / max(1 - r * r, 1e-300)).squareRoot()
    let single = StudentT.twoSided(t, degrees: degrees)
    return (lag, r, single >= 1 ? 1 : -expm1(Double(columns.columns) * log1p(-single)))
  }
}

import Glibc
import Numerics

/// The rest of a metric when calendar and other factors are taken out, and the factors that go with it.
struct GivenFactors {
  private let basis: Matrix
  /// Unit length, orthogonal to the basis.
  private let rest: [Double]
  /// The same without ranks: what `rest` is where the values themselves are measured.
  private let plainRest: [Double]
  private let degrees: Double

  /// - Parameter y: one whitened column.
  /// - Parameter basis: whitened columns to take out.
  init(y: Matrix, basis columns: Matrix, measure: CorrelationSearch.Measure) {
    basis = columns.orthonormalised()
    var y = y
    y.removeProjection(on: basis)
    plainRest = Self.unit(y.values)
    if measure == .ranks {
      y.values = NormalScores.of(y.values)
      y.removeProjection(on: basis)
    }
    rest = measure == .ranks ? Self.unit(y.values) : plainRest
    degrees = Double(y.rows - basis.columns - 1)
  }

  private static func unit(_ values: [Double]) -> [Double] {
    let size = values.norm
    return size > 0 ? values.map { $0 / size } : values
  }

  /// The column with the largest partial correlation, the first of equals.
  /// - Parameter columns: one factor, whitened, by lag.
  /// - Returns: r, the correlation of the values at the same lag, and p with Šidák's correction for the number of
  ///   columns: 1 − (1 − p)^k. p is Student's, or the one with a variance that allows for scatter that changes and for
  ///   coincidences of few events (White 1980), whichever is larger.
  func strongest(_ columns: Matrix) -> (lag: Int, r: Double, plain: Double, p: Double) {
    var columns = columns
    let sizes = (0..<columns.columns).map { Array(columns[column: $0]).norm }
    columns.removeProjection(on: basis)
    let products = columns.transposed(times: rest)
    let plainProducts = columns.transposed(times: plainRest)
    var lag = 0
    var best = 0.0
    var r = 0.0
    var plain = 0.0
    for j in 0..<columns.columns {
      let size = Array(columns[column: j]).norm
      // If the basis explains all but this, the rest is rounding error.
      guard size > 1e-6 * sizes[j] else { continue }
      let value = min(max(products[j] / size, -1), 1)
      guard abs(value) > abs(r) else { continue }
      (lag, r, plain, best) = (j, value, min(max(plainProducts[j] / size, -1), 1), size)
    }
    guard degrees >= 5 else { return (lag, r, plain, 1) }
    guard best > 0 else { return (lag, r, plain, 1) }
    let t = r * (degrees / max(1 - r * r, 1e-300)).squareRoot()
    var squares = 0.0
    for (x, y) in zip(columns[column: lag], rest) {
      let product = x / best * (y - r * x / best)
      squares += product * product
    }
    let robust = r * (degrees / max(squares * Double(rest.count), 1e-300)).squareRoot()
    let single = StudentT.twoSided(min(abs(t), abs(robust)), degrees: degrees)
    return (lag, r, plain, single >= 1 ? 1 : -expm1(Double(columns.columns) * log1p(-single)))
  }
}

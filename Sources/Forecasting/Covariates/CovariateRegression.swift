/// Effects of covariates on a series with autocorrelated errors:
///
///     y_t = season + Σ β_k x_kt + η_t,   (1 − φB)(1 − B) η_t = (1 + θB) ε_t
///
/// The errors are an ARIMA(1,1,1), so that a step is judged by the levels around it and not by how far a trend has
/// carried the series since. φ and θ by exact likelihood of what the effects leave, effects by generalised least
/// squares given φ and θ, in turns (Cochrane and Orcutt 1949; exact first observation as in Prais and Winsten 1954).
struct CovariateRegression {
  /// By covariate; those that never change in the history have no effect (estimate 0, share 0).
  let effects: [CovariateEffect]

  /// Samples that each effect needs beside those of the errors.
  static let samplesPerEffect = 8
  /// Turns.
  static let turns = 3

  /// - Parameters:
  ///   - values: the history without its season, magnitudes around 1; NaN = missing.
  ///   - covariates: as many values as samples, or more; the rest is not looked at.
  init(_ values: [Double], _ covariates: [Covariate]) throws(ForecastingError) {
    let n = values.count
    var effects = covariates.map { CovariateEffect(name: $0.name, estimate: 0, standardError: 0, share: 0) }
    // A covariate is measured in its largest change, so that squares stay finite.
    var units = [Double](repeating: 0, count: covariates.count)
    for (k, covariate) in covariates.enumerated() {
      for t in 1..<max(1, n) { units[k] = max(units[k], abs(covariate.values[t] - covariate.values[t - 1])) }
    }
    // The first that change, in their order, as far as the history can tell them apart.
    let most = values.count { !$0.isNaN } / Self.samplesPerEffect
    let active = Array(covariates.indices.filter { units[$0] > 0 && units[$0].isFinite }.prefix(most))
    guard !active.isEmpty else {
      self.effects = effects
      return
    }
    let columns = active.map { k in covariates[k].values.prefix(n).map { $0 / units[k] } }
    let model = ARIMA(ARIMA.Order(1, 1, 1))
    var beta = [Double](repeating: 0, count: active.count)
    var errors = beta
    for _ in 0..<Self.turns {
      let rest = (0..<n).map { t in active.indices.reduce(values[t]) { $0 - beta[$1] * columns[$1][t] } }
      let fit = try model.fit(rest)
      guard let filter = ARMAFilter(model.process(fit.search).process) else { break }
      (beta, errors) = Self.leastSquares(values, columns, filter)
    }
    for (index, k) in active.enumerated() {
      let estimate = beta[index]
      let error = errors[index]
      guard estimate.isFinite, error.isFinite, error >= 0, estimate != 0 else { continue }
      let ratio = error / estimate
      effects[k].estimate = clamped(estimate / units[k])
      effects[k].standardError = clamped(error / units[k])
      effects[k].share = max(0, 1 - ratio * ratio)
    }
    self.effects = effects
  }

  /// Effects and standard errors given the errors' process, on differences. Columns that others explain get 0 and ∞.
  private static func leastSquares(
    _ values: [Double], _ columns: [[Double]], _ filter: ARMAFilter
  ) -> (coefficients: [Double], errors: [Double]) {
    let y = Differences.over(1, values)
    var rows = [[Double]](repeating: [], count: columns.count)
    var target: [Double] = []
    for (k, column) in columns.enumerated() {
      let x = Differences.over(1, column)
      target = []
      _ = filter.run(zip(y, x).map { SIMD2($0, $0.isNaN ? 0 : $1) }) { _, v, f in
        let scale = 1 / f.squareRoot()
        target.append(v.x * scale)
        rows[k].append(v.y * scale)
      }
    }
    return LeastSquares.solve(columns: rows, target)
  }
}

/// Linear least squares of a few columns.
enum LeastSquares {
  /// Coefficients and their standard errors, by modified Gram-Schmidt orthogonalisation; a column of which the ones
  /// before explain all but 1e-10 of the squares gets 0 and ∞.
  static func solve(columns: [[Double]], _ target: [Double]) -> (coefficients: [Double], errors: [Double]) {
    let k = columns.count
    let n = target.count
    var q = columns
    var r = [[Double]](repeating: [Double](repeating: 0, count: k), count: k)
    var isUsed = [Bool](repeating: false, count: k)
    var rest = target
    var projections = [Double](repeating: 0, count: k)
    for j in 0..<k {
      let before = columns[j].reduce(0) { $0 + $1 * $1 }
      for i in 0..<j where isUsed[i] {
        let product = zip(q[i], q[j]).reduce(0) { $0 + $1.0 * $1.1 }
        r[i][j] = product
        for t in 0..<n { q[j][t] -= product * q[i][t] }
      }
      let squares = q[j].reduce(0) { $0 + $1 * $1 }
      guard squares > 1e-10 * before, squares > 0 else { continue }
      isUsed[j] = true
      r[j][j] = squares.squareRoot()
      for t in 0..<n { q[j][t] /= r[j][j] }
      projections[j] = zip(q[j], rest).reduce(0) { $0 + $1.0 * $1.1 }
      for t in 0..<n { rest[t] -= projections[j] * q[j][t] }
    }
    let used = isUsed.count { $0 }
    var coefficients = [Double](repeating: 0, count: k)
    var errors = [Double](repeating: .infinity, count: k)
    guard n > used else { return (coefficients, errors) }
    let variance = rest.reduce(0) { $0 + $1 * $1 } / Double(n - used)
    func backSubstitute(_ right: [Double]) -> [Double] {
      var x = [Double](repeating: 0, count: k)
      for j in (0..<k).reversed() where isUsed[j] {
        var sum = right[j]
        for i in (j + 1)..<max(k, j + 1) where isUsed[i] { sum -= r[j][i] * x[i] }
        x[j] = sum / r[j][j]
      }
      return x
    }
    coefficients = backSubstitute(projections)
    // Row j of R⁻¹ squared and summed, column by column.
    var sums = [Double](repeating: 0, count: k)
    for i in 0..<k where isUsed[i] {
      let column = backSubstitute((0..<k).map { $0 == i ? 1 : 0 })
      for j in 0..<k { sums[j] += column[j] * column[j] }
    }
    for j in 0..<k where isUsed[j] { errors[j] = (variance * sums[j]).squareRoot() }
    return (coefficients, errors)
  }
}

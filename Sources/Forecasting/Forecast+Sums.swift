extension Forecast {
  /// Sums of the forecasts of steps first + 1 … first + j, with their interval; divided by j, means over these steps.
  ///
  /// A sum's error is less than the sum of the steps' errors, for they do not all err alike, and more than that of
  /// independent ones, for what is wrong at one step is wrong at the next. The reach r_j of a step (from the forecast to
  /// its bound) is taken for that of a linear process, whose shocks live on by ψ_0² = r_1², ψ_i² = max(r_{i+1}² − r_i², 0);
  /// then that of the sum is √(Σ_i (ψ_0 + … + ψ_i)²), exact for independent errors and for random walks (Box and Jenkins
  /// 1976, section 5.1). `sumFactor`, from the pool's errors of sums at its rolling origins, corrects it, with power
  /// 1 − 1/j: the sum of one step is that step. No bound goes beyond the sum of the steps' bounds.
  ///
  /// - Parameter level: one of `levels`.
  /// - Parameter first: steps to leave out before.
  /// - Returns: one element a step from first + 1 on; `nil` when that level was not asked for or cannot be stated.
  public func sums(level: Double, after first: Int = 0) -> (sum: [Double], lower: [Double], upper: [Double])? {
    guard let interval = interval(level: level), first >= 0, first < mean.count else { return nil }
    let mean = mean[first...]
    var sum: [Double] = []
    sum.reserveCapacity(mean.count)
    var total = 0.0
    for value in mean {
      total = clamped(total + value)
      sum.append(total)
    }
    let down = Self.reach(zip(mean, interval.lower[first...]).map { max(0, clamped($0 - $1)) }, factor: sumFactor)
    let up = Self.reach(zip(mean, interval.upper[first...]).map { max(0, clamped($1 - $0)) }, factor: sumFactor)
    return (sum, zip(sum, down).map { clamped($0 - $1) }, zip(sum, up).map { clamped($0 + $1) })
  }

  /// Reach of the sums of 1, 2, … steps from the steps' own.
  static func reach(_ steps: [Double], factor: Double) -> [Double] {
    // In units of the largest, so that squares stay finite.
    let unit = steps.max() ?? 0
    guard unit > 0 else { return steps }
    var before = 0.0
    var psi = 0.0
    var squares = 0.0
    var most = 0.0
    return steps.enumerated().map { j, step in
      let own = step / unit
      psi += max(own * own - before, 0).squareRoot()
      before = max(before, own * own)
      squares += psi * psi
      most += own
      let share = 1 - 1 / Double(j + 1)
      // The product may round to more than the sum of the steps.
      return clamped(min(squares.squareRoot() * (1 + (factor - 1) * share), most) * unit)
    }
  }
}

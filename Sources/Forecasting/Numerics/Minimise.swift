/// Minimisation without derivatives, deterministic and free of allocation.
enum Minimise {
  /// The minimiser of `f` over an interval: the best of a grid, then golden sections around it.
  ///
  /// - Parameter start: with a start the grid is left out, and the bracket is `start ± reach`.
  static func scalar(
    in range: ClosedRange<Double>, grid: Int, refinements: Int, start: Double? = nil, reach: Double = 0.1,
    _ f: (Double) -> Double
  ) -> (x: Double, value: Double) {
    var best = range.lowerBound
    var bestValue = Double.infinity
    var low: Double
    var high: Double
    func consider(_ x: Double) -> Double {
      let value = f(x)
      if value < bestValue {
        best = x
        bestValue = value
      }
      return value
    }
    if let start {
      best = min(max(start, range.lowerBound), range.upperBound)
      bestValue = f(best)
      low = max(range.lowerBound, best - reach)
      high = min(range.upperBound, best + reach)
    } else {
      let width = (range.upperBound - range.lowerBound) / Double(grid - 1)
      for i in 0..<grid { _ = consider(range.lowerBound + width * Double(i)) }
      low = max(range.lowerBound, best - width)
      high = min(range.upperBound, best + width)
    }
    let golden = 0.381966011250105
    var x1 = low + golden * (high - low)
    var x2 = high - golden * (high - low)
    var f1 = consider(x1)
    var f2 = consider(x2)
    for _ in 0..<refinements {
      if f1 <= f2 {
        high = x2
        (x2, f2) = (x1, f1)
        x1 = low + golden * (high - low)
        f1 = consider(x1)
      } else {
        low = x1
        (x1, f1) = (x2, f2)
        x2 = high - golden * (high - low)
        f2 = consider(x2)
      }
    }
    return (best, bestValue)
  }

  /// The minimiser of `f` over a box of up to four dimensions, by the simplex of Nelder and Mead (1965), points
  /// outside being clipped to the box.
  ///
  /// - Parameter dimensions: number of lanes in use; the others stay at `start`.
  /// - Parameter step: edge of the first simplex along each lane.
  /// - Parameter tolerance: stops when the values at the simplex differ by less than this.
  static func simplex(
    start: SIMD4<Double>, step: SIMD4<Double>, low: SIMD4<Double>, high: SIMD4<Double>, dimensions: Int,
    evaluations: Int, tolerance: Double, _ f: (SIMD4<Double>) -> Double
  ) -> (x: SIMD4<Double>, value: Double) {
    func clip(_ x: SIMD4<Double>) -> SIMD4<Double> { x.clamped(lowerBound: low, upperBound: high) }
    func value(_ x: SIMD4<Double>) -> Double {
      let value = f(x)
      return value.isNaN ? .infinity : value
    }
    let count = dimensions + 1
    return withUnsafeTemporaryAllocation(of: (x: SIMD4<Double>, value: Double).self, capacity: 5) { points in
      var used = count
      for i in 0..<count {
        var x = clip(start)
        if i > 0 {
          let lane = i - 1
          let moved = x[lane] + step[lane]
          x[lane] = moved <= high[lane] && moved >= low[lane] ? moved : x[lane] - step[lane]
          x = clip(x)
        }
        points.initializeElement(at: i, to: (x, value(x)))
      }
      func sort() {
        for i in 1..<count {
          var j = i
          while j > 0, points[j].value < points[j - 1].value {
            points.swapAt(j, j - 1)
            j -= 1
          }
        }
      }
      sort()
      while used < evaluations {
        let best = points[0]
        let worst = points[count - 1]
        if worst.value - best.value <= tolerance { break }
        var centre = SIMD4<Double>.zero
        for i in 0..<dimensions { centre += points[i].x }
        centre /= Double(dimensions)
        let reflected = clip(centre + (centre - worst.x))
        let reflectedValue = value(reflected)
        used += 1
        if reflectedValue < best.value {
          let expanded = clip(centre + 2 * (centre - worst.x))
          let expandedValue = value(expanded)
          used += 1
          points[count - 1] = expandedValue < reflectedValue ? (expanded, expandedValue) : (reflected, reflectedValue)
        } else if reflectedValue < points[dimensions - 1].value {
          points[count - 1] = (reflected, reflectedValue)
        } else {
          let outside = reflectedValue < worst.value
          let contracted = clip(outside ? centre + 0.5 * (reflected - centre) : centre + 0.5 * (worst.x - centre))
          let contractedValue = value(contracted)
          used += 1
          if contractedValue < min(reflectedValue, worst.value) {
            points[count - 1] = (contracted, contractedValue)
          } else {
            for i in 1..<count {
              let x = best.x + 0.5 * (points[i].x - best.x)
              points[i] = (x, value(x))
              used += 1
            }
          }
        }
        sort()
      }
      return points[0]
    }
  }
}

extension Minimise {
  /// A minimiser of a smooth `f` near a start, by the quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno
  /// with central differences and a line search that halves (Nocedal and Wright 2006, chapters 6 and 8).
  ///
  /// - Parameter box: each coordinate stays within ± this.
  /// - Parameter tolerance: stops when an iteration gains less than this.
  static func descent(
    start: [Double], box: Double, iterations: Int, tolerance: Double, _ f: ([Double]) -> Double
  ) -> (x: [Double], value: Double) {
    func value(_ x: [Double]) -> Double {
      let value = f(x)
      return value.isNaN ? .infinity : value
    }
    let n = start.count
    var x = start.map { min(max($0, -box), box) }
    var best = value(x)
    guard n > 0, best < .infinity else { return (x, best) }
    func gradient(_ x: [Double]) -> [Double] {
      (0..<n).map { i in
        let step = 1e-4 * max(1, abs(x[i]))
        var up = x
        var down = x
        up[i] = min(x[i] + step, box)
        down[i] = max(x[i] - step, -box)
        let slope = (value(up) - value(down)) / (up[i] - down[i])
        return slope.isFinite ? slope : 0
      }
    }
    // The inverse of the Hessian, as far as it is known.
    var inverse = [Double](repeating: 0, count: n * n)
    func reset() { for i in 0..<n { for j in 0..<n { inverse[i * n + j] = i == j ? 1 : 0 } } }
    reset()
    var slope = gradient(x)
    var isFresh = true
    for _ in 0..<iterations {
      var direction = (0..<n).map { i in -(0..<n).reduce(0.0) { $0 + inverse[i * n + $1] * slope[$1] } }
      var descent = zip(direction, slope).reduce(0) { $0 + $1.0 * $1.1 }
      if !(descent < 0) {
        reset()
        direction = slope.map { -$0 }
        descent = -slope.reduce(0) { $0 + $1 * $1 }
        if descent == 0 { break }
      }
      let longest = direction.reduce(0) { max($0, abs($1)) }
      var length = longest > 1 ? 1 / longest : 1
      var next = x
      var found = Double.infinity
      for _ in 0..<20 {
        next = (0..<n).map { min(max(x[$0] + length * direction[$0], -box), box) }
        found = value(next)
        if found <= best + 1e-4 * length * descent { break }
        length /= 2
      }
      guard found < best else {
        // The curvature may be out of date: once more along the gradient itself.
        if isFresh { break }
        reset()
        isFresh = true
        continue
      }
      let gained = best - found
      let nextSlope = gradient(next)
      let s = (0..<n).map { next[$0] - x[$0] }
      let y = (0..<n).map { nextSlope[$0] - slope[$0] }
      let curvature = zip(s, y).reduce(0) { $0 + $1.0 * $1.1 }
      if curvature > 1e-12 {
        let hy = (0..<n).map { i in (0..<n).reduce(0.0) { $0 + inverse[i * n + $1] * y[$1] } }
        let yhy = zip(y, hy).reduce(0) { $0 + $1.0 * $1.1 }
        for i in 0..<n {
          for j in 0..<n {
            inverse[i * n + j] +=
              (1 + yhy / curvature) * s[i] * s[j] / curvature - (hy[i] * s[j] + s[i] * hy[j]) / curvature
          }
        }
        isFresh = false
      }
      x = next
      best = found
      slope = nextSlope
      if gained < tolerance { break }
    }
    return (x, best)
  }
}

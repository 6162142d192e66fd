/// Locally weighted regression of equally spaced samples, degree 0 or 1 (Cleveland, Cleveland, McRae, Terpenning 1990,
/// Journal of Official Statistics 6(1), section 2).
struct Loess: Sendable {
  /// Samples in the window, the nearest ones; odd.
  let window: Int
  /// 0 or 1.
  let degree: Int
  /// Fits at every `jump`-th sample, straight lines between.
  let jump: Int

  /// The fit at the place `x`, 0-based and possibly outside, from the samples `left…right`; `nil` when none of them has
  /// weight. Samples of weight 0 may hold anything finite.
  func fit(
    _ y: UnsafeBufferPointer<Double>, _ weights: UnsafeBufferPointer<Double>?, at x: Int, left: Int, right: Int
  ) -> Double? {
    let n = y.count
    var h = Double(max(x - left, right - x))
    if window > n { h += Double((window - n) / 2) }
    let far = 0.999 * h
    let near = 0.001 * h
    // Sums of weights, places and values around x, so that the line's value at x is its intercept.
    var total = 0.0
    var first = 0.0
    var second = 0.0
    var value = 0.0
    var cross = 0.0
    for j in left...right {
      let distance = Double(j - x)
      let r = abs(distance)
      guard r <= far || r == 0 else { continue }
      var w = 1.0
      if r > near {
        let u = r / h
        let v = 1 - u * u * u
        w = v * v * v
      }
      if let weights { w *= weights[j] }
      total += w
      first += w * distance
      second += w * distance * distance
      value += w * y[j]
      cross += w * distance * y[j]
    }
    guard total > 0 else { return nil }
    let mean = first / total
    let average = value / total
    let spread = second / total - mean * mean
    guard degree > 0, h > 0, spread > 0, spread.squareRoot() > 0.001 * Double(n - 1) else { return average }
    return average - mean * (cross / total - mean * average) / spread
  }

  /// The smooth curve, in place of `result`; where no sample of a window has weight, the curve goes on from beside.
  func smooth(
    _ y: UnsafeBufferPointer<Double>, _ weights: UnsafeBufferPointer<Double>?,
    into result: UnsafeMutableBufferPointer<Double>
  ) {
    let n = y.count
    guard n > 1 else {
      if n == 1 { result[0] = weights.map { $0[0] > 0 } ?? true ? y[0] : 0 }
      return
    }
    let step = min(jump, n - 1)
    let half = (window + 1) / 2
    var left = 0
    func reach(of i: Int) -> (left: Int, right: Int) {
      if window >= n { return (0, n - 1) }
      if step == 1 {
        // Slides one sample at a time once the place is beyond the middle.
        if i + 1 > half, left + window < n { left += 1 }
      } else {
        left = i + 1 < half ? 0 : i + 1 >= n - half + 1 ? n - window : i + 1 - half
      }
      return (left, left + window - 1)
    }
    var span = (left: 0, right: n - 1)
    func fitted(_ i: Int, _ before: Double?) -> Double? {
      // The end, where it lies between two jumps, is fitted by the window before it, as in the authors' program.
      if i % step == 0 { span = reach(of: i) }
      let (left, right) = span
      return fit(y, weights, at: i, left: left, right: right) ?? (weights == nil ? y[i] : before)
    }
    var last: Double?
    var lastPlace = 0
    var isLeading = false
    func place(_ i: Int) {
      let value = fitted(i, last)
      if let value {
        // Samples without weight before the first fit take its value.
        let from = last ?? value
        if isLeading { for k in 0..<i { result[k] = value } }
        isLeading = false
        result[i] = value
        let gap = i - lastPlace
        if gap > 1 {
          for k in 1..<gap { result[lastPlace + k] = from + (value - from) * Double(k) / Double(gap) }
        }
        last = value
      } else {
        isLeading = true
      }
      lastPlace = i
    }
    for i in stride(from: 0, to: n, by: step) { place(i) }
    if lastPlace != n - 1 { place(n - 1) }
    if last == nil { for k in 0..<n { result[k] = 0 } }
  }
}

import Glibc

extension ExponentialSmoothing {
  /// Passes of the model with additive errors.
  ///
  /// Lane 0 carries the states from a zero start, lanes 1 and 2 their derivatives by the initial level and slope, by
  /// the same recursion: the errors are linear in both, and two normal equations give the best start.
  struct AdditivePass {
    let values: UnsafeBufferPointer<Double>
    let shift: Double
    let initial: [Double]
    let hasTrend: Bool
    private var ring: [SIMD4<Double>]
    private var plain: [Double]

    init(values: UnsafeBufferPointer<Double>, shift: Double, initial: [Double], hasTrend: Bool) {
      self.values = values
      self.shift = shift
      self.initial = initial
      self.hasTrend = hasTrend
      ring = [SIMD4<Double>](repeating: .zero, count: max(initial.count, 1))
      plain = initial
    }

    /// Sum of derivatives below which a start counts as forgotten: it then changes the squares by less than 1e-12 of
    /// themselves.
    static let forgotten = 1e-7

    /// Sum of squared errors from known states without a season; `slope` is already damped.
    static func squares(
      _ values: Slice<UnsafeBufferPointer<Double>>, shift: Double, level: Double, slope: Double, _ p: Parameters
    ) -> Double {
      let values = UnsafeBufferPointer(rebasing: values)
      let keep = p.phi * p.beta
      var level = level
      var damped = slope
      var sum = 0.0
      for y in values {
        let ahead = level + damped
        if y == y {
          let e = (y - shift) - ahead
          sum += e * e
          level = ahead + p.alpha * e
          damped = p.phi * damped + keep * e
        } else {
          level = ahead
          damped = p.phi * damped
        }
      }
      return sum
    }

    mutating func profile(_ p: Parameters) -> (squares: Double, level: Double, slope: Double) {
      let values = values
      let shift = shift
      let period = ring.count
      let hasSeason = !initial.isEmpty
      for i in initial.indices { ring[i] = SIMD4(initial[i], 0, 0, 0) }
      var level = SIMD4<Double>(0, 1, 0, 0)
      var slope = SIMD4<Double>(0, 0, hasTrend ? 1 : 0, 0)
      // Sums of e·e₀, e·e₁, e·e₂ over the lanes of e.
      var withBase = SIMD4<Double>.zero
      var withLevel = SIMD4<Double>.zero
      var withSlope = SIMD4<Double>.zero
      var tail = 0.0
      ring.withUnsafeMutableBufferPointer { ring in
        var phase = 0
        var t = 0
        while t < values.count {
          let damped = p.phi * slope
          let ahead = level + damped
          let y = values[t]
          if y == y {
            let season = hasSeason ? ring[phase] : .zero
            let e = SIMD4(y - shift, 0, 0, 0) - ahead - season
            withBase += e * e[0]
            withLevel += e * e[1]
            withSlope += e * e[2]
            level = ahead + p.alpha * e
            slope = damped + p.beta * e
            if hasSeason { ring[phase] = season + p.gamma * e }
          } else {
            level = ahead
            slope = damped
          }
          phase += 1
          if phase == period { phase = 0 }
          t += 1
          // Once the start is forgotten the derivatives add nothing, and the rest is a pass of plain numbers.
          if t % 8 == 0, !hasSeason, abs(level[1]) + abs(level[2]) + abs(slope[1]) + abs(slope[2]) < Self.forgotten {
            break
          }
        }
        tail = Self.squares(values[t...], shift: shift, level: level[0], slope: p.phi * slope[0], p)
      }
      let rr = withBase[0] + tail
      let ru = withBase[1]
      let rv = withBase[2]
      let uu = withLevel[1]
      let uv = withLevel[2]
      let vv = withSlope[2]
      let determinant = uu * vv - uv * uv
      var start = 0.0
      var trend = 0.0
      if hasTrend, determinant > 1e-12 * uu * vv {
        start = -(vv * ru - uv * rv) / determinant
        trend = -(uu * rv - uv * ru) / determinant
      } else if uu > 0 {
        start = -ru / uu
      }
      let squares =
        rr + 2 * start * ru + 2 * trend * rv + start * start * uu + 2 * start * trend * uv + trend * trend * vv
      return (max(squares, 0), start, trend)
    }

    /// Sum of squared errors from a given start, with a season.
    mutating func squares(_ p: Parameters, level: Double, slope: Double) -> Double {
      let values = values
      let shift = shift
      let period = initial.count
      let keep = p.phi * p.beta
      for i in initial.indices { plain[i] = initial[i] }
      return plain.withUnsafeMutableBufferPointer { season in
        var level = level
        var damped = p.phi * slope
        var sum = 0.0
        var phase = 0
        for y in values {
          let ahead = level + damped
          if y == y {
            let e = (y - shift - season[phase]) - ahead
            sum += e * e
            level = ahead + p.alpha * e
            damped = p.phi * damped + keep * e
            season[phase] += p.gamma * e
          } else {
            level = ahead
            damped = p.phi * damped
          }
          phase += 1
          if phase == period { phase = 0 }
        }
        return sum
      }
    }

    func states(_ p: Parameters, start: SIMD2<Double>) -> States {
      var level = start[0]
      var slope = start[1]
      var season = initial
      var residuals = [Double](repeating: .nan, count: values.count)
      var squares = 0.0
      var count = 0
      var phase = 0
      for t in 0..<values.count {
        let damped = p.phi * slope
        let ahead = level + damped
        level = ahead
        slope = damped
        if !values[t].isNaN {
          let e = values[t] - shift - ahead - (season.isEmpty ? 0 : season[phase])
          residuals[t] = e
          squares += e * e
          count += 1
          level += p.alpha * e
          slope += p.beta * e
          if !season.isEmpty { season[phase] += p.gamma * e }
        }
        phase = phase + 1 >= season.count ? 0 : phase + 1
      }
      return States(
        level: level, slope: slope, season: season, residuals: residuals, steps: values.count,
        deviance: Double(count) * log(max(squares, 1e-300)), count: count)
    }
  }

  /// Passes of the model with multiplicative season and errors.
  struct MultiplicativePass {
    let values: UnsafeBufferPointer<Double>
    let initial: [Double]
    let hasTrend: Bool
    var ring: [Double]

    init(values: UnsafeBufferPointer<Double>, initial: [Double], hasTrend: Bool) {
      self.values = values
      self.initial = initial
      self.hasTrend = hasTrend
      ring = initial
    }

    /// Level and slope of the least-squares line over the adjusted first cycles (at least ten samples), one step
    /// before the first sample; the slope is 0 without a trend.
    var start: SIMD2<Double> {
      var line = ThetaModel.RunningLine()
      for t in 0..<min(values.count, max(2 * initial.count, 10)) where !values[t].isNaN {
        line.add(time: Double(t + 1), value: values[t] / initial[t % initial.count])
      }
      let mean = line.count > 0 ? line.value / line.count : 0
      let fit = line.line
      return hasTrend && fit[0] > 0.05 * mean ? fit : SIMD2(mean, 0)
    }

    /// n log(Σe²) + 2 Σ log|μ|; infinite when a state leaves the positive numbers.
    mutating func deviance(_ p: Parameters, start: SIMD2<Double>) -> Double {
      let values = values
      let period = initial.count
      for i in initial.indices { ring[i] = initial[i] }
      return ring.withUnsafeMutableBufferPointer { ring in
        var level = start[0]
        var slope = start[1]
        var squares = 0.0
        var count = 0
        var phase = 0
        // A product of means with its logarithm taken before it can overflow: one logarithm in 16 steps.
        var product = 1.0
        var logs = 0.0
        for t in 0..<values.count {
          let damped = p.phi * slope
          let ahead = level + damped
          level = ahead
          slope = damped
          let y = values[t]
          if y == y {
            let mean = ahead * ring[phase]
            guard mean > 0, ahead > 0 else { return .infinity }
            let e = (y - mean) / mean
            squares += e * e
            count += 1
            product *= mean
            if product > 1e100 || product < 1e-100 {
              logs += log(product)
              product = 1
            }
            level += p.alpha * ahead * e
            slope += p.beta * ahead * e
            ring[phase] *= 1 + p.gamma * e
          }
          phase += 1
          if phase == period { phase = 0 }
        }
        logs += log(product)
        return Double(count) * log(max(squares, 1e-300)) + 2 * logs
      }
    }

    func states(_ p: Parameters, start: SIMD2<Double>) -> States {
      var copy = self
      let deviance = copy.deviance(p, start: start)
      var level = start[0]
      var slope = start[1]
      var season = initial
      var residuals = [Double](repeating: .nan, count: values.count)
      var count = 0
      for t in 0..<values.count {
        let damped = p.phi * slope
        let ahead = level + damped
        level = ahead
        slope = damped
        let phase = t % season.count
        let mean = ahead * season[phase]
        if !values[t].isNaN, mean != 0 {
          let e = (values[t] - mean) / mean
          residuals[t] = e
          count += 1
          level += p.alpha * ahead * e
          slope += p.beta * ahead * e
          season[phase] *= 1 + p.gamma * e
        }
      }
      return States(
        level: level, slope: slope, season: season, residuals: residuals, steps: values.count, deviance: deviance,
        count: count)
    }
  }
}

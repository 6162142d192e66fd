/// The number that each phase of a cycle adds to the series, or multiplies it by.
public struct SeasonalIndices: Sendable, Equatable {
  /// Steps in a cycle, at least 2.
  public let period: Int
  /// Whether the season multiplies (indices around 1) or adds (around 0).
  public let isMultiplicative: Bool
  /// One index a phase; the phase of sample t (0-based) is t mod period.
  public let values: [Double]

  /// Indices of a classical decomposition: a centred moving average over one cycle, phase means of the ratios (or
  /// differences) to it, scaled to mean 1 (or 0). As `decompose` of R; a window counts where at least three quarters
  /// of it are present, divided by the weights present.
  ///
  /// `nil` when a phase has no value next to a window (under about two cycles), or when a multiplicative season is
  /// asked for and a value is not positive. O(n).
  public init?(classical samples: ArraySlice<Double>, period: Int, isMultiplicative: Bool) {
    let n = samples.count
    guard period >= 2, n >= 2 * period else { return nil }
    let half = period / 2
    let isEven = period % 2 == 0
    let base = samples.startIndex
    var sums = [Double](repeating: 0, count: period)
    var counts = [Double](repeating: 0, count: period)
    let isComplete: Bool = samples.withUnsafeBufferPointer { y in
      // The level is taken out first: running sums of large numbers would lose the small ones.
      let shift = isMultiplicative ? 0 : (y.first { !$0.isNaN } ?? 0)
      var sum = 0.0
      var present = 0
      func take(_ t: Int, _ sign: Double) {
        let value = y[t]
        if value.isNaN { return }
        sum += sign * (value - shift)
        present += sign > 0 ? 1 : -1
      }
      if isMultiplicative, y.contains(where: { $0 <= 0 }) { return false }
      // Odd period: the window has `period` samples. Even: period + 1, the ends counting half.
      let width = isEven ? period + 1 : period
      for t in 0..<width { take(t, 1) }
      for centre in half..<(n - half) {
        var weighted = sum
        var weight = Double(present)
        if isEven {
          let first = y[centre - half]
          let last = y[centre + half]
          if !first.isNaN {
            weighted -= 0.5 * (first - shift)
            weight -= 0.5
          }
          if !last.isNaN {
            weighted -= 0.5 * (last - shift)
            weight -= 0.5
          }
        }
        let value = y[centre]
        if !value.isNaN, weight >= 0.75 * Double(period) {
          let trend = weighted / weight
          let phase = (base + centre) % period
          if isMultiplicative {
            if trend > 0 {
              sums[phase] += value / trend
              counts[phase] += 1
            }
          } else {
            sums[phase] += value - shift - trend
            counts[phase] += 1
          }
        }
        if centre + half + 1 < n {
          take(centre - half, -1)
          take(centre + half + 1, 1)
        }
      }
      return !counts.contains(0)
    }
    guard isComplete else { return nil }
    var indices = zip(sums, counts).map { $0 / $1 }
    let mean = indices.reduce(0, +) / Double(period)
    if isMultiplicative {
      guard mean > 0 else { return nil }
      indices = indices.map { $0 / mean }
      guard indices.allSatisfy({ $0 > 1e-6 && $0.isFinite }) else { return nil }
    } else {
      indices = indices.map { $0 - mean }
      guard indices.allSatisfy(\.isFinite) else { return nil }
    }
    self.period = period
    self.isMultiplicative = isMultiplicative
    values = indices
  }

  /// The series without its season; sample 0 of `samples` has phase 0.
  public func adjusted(_ samples: ArraySlice<Double>) -> [Double] {
    var phase = samples.startIndex % period
    return samples.map { value in
      defer { phase = phase + 1 == period ? 0 : phase + 1 }
      return isMultiplicative ? value / values[phase] : value - values[phase]
    }
  }

  /// The path of steps `from`, `from` + 1, … with the season put back.
  public func seasonalised(_ path: [Double], from start: Int) -> [Double] {
    path.indices.map { j in
      let index = values[(start + j) % period]
      return isMultiplicative ? path[j] * index : path[j] + index
    }
  }
}

extension SeasonalIndices {
  /// Whether a series has a season of this period: the test by which the M4 organisers built Naive2 (Makridakis,
  /// Spiliotis, Assimakopoulos 2020, IJF 36(1)): |r_m| > 1.645 √((1 + 2 Σ_{k<m} r_k²) / n), at least three cycles.
  ///
  /// Of two to three cycles, which that test does not know, the second must repeat the first: the correlation at that lag
  /// around a straight line is two standard errors above 0.
  ///
  /// Autocorrelations skip missing samples. O(n · period).
  public static func isSeasonal(_ samples: ArraySlice<Double>, period: Int) -> Bool {
    let n = samples.count
    guard period >= 2, n >= 2 * period else { return false }
    guard n >= 3 * period else { return repeatsOnce(Array(samples), period: period) }
    var present = 0
    var mean = 0.0
    for value in samples where !value.isNaN {
      present += 1
      mean += value
    }
    guard present >= 2 * period else { return false }
    mean /= Double(present)
    // Missing samples become 0, the mean, and so add nothing to any product.
    let centred = samples.map { $0.isNaN ? 0 : $0 - mean }
    return centred.withUnsafeBufferPointer { x in
      func product(_ lag: Int) -> Double {
        var sums = SIMD4<Double>.zero
        let count = n - lag
        var t = 0
        while t + 4 <= count {
          let a = SIMD4(x[t], x[t + 1], x[t + 2], x[t + 3])
          let b = SIMD4(x[t + lag], x[t + lag + 1], x[t + lag + 2], x[t + lag + 3])
          sums += a * b
          t += 4
        }
        var sum = sums.sum()
        while t < count {
          sum += x[t] * x[t + lag]
          t += 1
        }
        return sum
      }
      let variance = product(0)
      guard variance > 0 else { return false }
      var squares = 0.0
      for lag in 1..<period {
        let r = product(lag) / variance
        squares += r * r
      }
      let limit = 1.645 * ((1 + 2 * squares) / Double(present)).squareRoot()
      return abs(product(period) / variance) > limit
    }
  }

  /// Whether the second of two to three cycles repeats the first.
  private static func repeatsOnce(_ samples: [Double], period: Int) -> Bool {
    guard period > 3, samples.allSatisfy({ !$0.isNaN }) else { return false }
    let pairs = samples.count - period
    // The line from cycle to cycle; one through all samples would take part of the season for a slope.
    var slope = 0.0
    for index in 0..<pairs { slope += (samples[index + period] - samples[index]) / Double(pairs * period) }
    let level = samples.indices.reduce(0) { $0 + (samples[$1] - slope * Double($1)) / Double(samples.count) }
    let rest = samples.indices.map { samples[$0] - level - slope * Double($0) }
    var (product, first, second) = (0.0, 0.0, 0.0)
    for index in 0..<pairs {
      product += rest[index] * rest[index + period]
      first += rest[index] * rest[index]
      second += rest[index + period] * rest[index + period]
    }
    return first > 0 && second > 0 && product > 2 * (first * second / Double(pairs)).squareRoot()
  }
}

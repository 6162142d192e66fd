import Foundation

@testable import Detection

/// The search of `ChangePoints` written down plainly: every segment is costed, for one autoregression after the other.
///
/// The samples' preparation, too, is written again; nothing of the search's own code is used but its constants.
enum PlainChangePoints {
  struct Change: Equatable {
    var index: Int
    var confidence: Double
  }

  static func find(in values: [Double]) -> [Change] {
    let present = values.indices.filter { values[$0].isFinite }
    guard present.count >= 2 * ChangePoints.leastSegment else { return [] }
    let raw = present.map { values[$0] }
    let sorted = raw.sorted()
    let range = sorted[sorted.count - 1] - sorted[0]
    guard range > 0, range.isFinite else { return [] }
    let scaled = raw.map { ($0 - sorted[sorted.count / 2]) / range }
    let tamed = tamed(scaled, least: noise(of: scaled, 0))
    var best: Cut?
    for phi in ChangePoints.autoregressions {
      let cut = Cut(Segments(values: tamed, positions: present.map(Double.init), phi: phi))
      if cut.cost < best?.cost ?? .infinity { best = cut }
    }
    return best?.changes(at: present) ?? []
  }

  // MARK: - Samples

  private static func median(_ values: [Double]) -> Double { values.sorted()[(values.count - 1) / 2] }

  fileprivate static func noise(of values: [Double], _ phi: Double) -> Double {
    let n = values.count
    let first = 1.4826 * median((1..<n).map { abs(values[$0] - values[$0 - 1]) })
    let second =
      1.4826 * median((2..<n).map { (i: Int) -> Double in abs(values[i] - 2 * values[i - 1] + values[i - 2]) })
    let variance = min(first * first / (2 * (1 - phi)), second * second / (6 - 8 * phi + 2 * phi * phi))
    return max((variance * (1 - phi * phi)).squareRoot(), ChangePoints.leastNoise)
  }

  private static func tamed(_ values: [Double], least: Double) -> [Double] {
    values.indices.map { i in
      let around = Array(values[max(0, i - 5)...min(values.count - 1, i + 5)])
      let middle = median(around)
      let limit = 3 * max(least, 1.4826 * median(around.map { abs($0 - middle) }))
      return min(max(values[i], middle - limit), middle + limit)
    }
  }

  // MARK: - Segments

  /// The costs of segments, for one autoregression.
  private struct Segments {
    let values: [Double]
    let positions: [Double]
    let phi: Double
    let noise: Double

    init(values: [Double], positions: [Double], phi: Double) {
      self.values = values
      self.positions = positions
      self.phi = phi
      let deviation = PlainChangePoints.noise(of: values, phi)
      noise = deviation * deviation
    }

    var changeCost: Double { ChangePoints.penalty + log(Double(values.count)) }

    /// Sums of the filtered constant, position and value, and their products.
    struct Sums {
      var count = 0.0
      var (oo, ox, xx, oy, xy, yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

      func adding(_ o: Double, _ x: Double, _ y: Double) -> Sums {
        Sums(
          count: count + 1, oo: oo + o * o, ox: ox + o * x, xx: xx + x * x, oy: oy + o * y, xy: xy + x * y,
          yy: yy + y * y)
      }
    }

    /// The costs of all segments before `end`, by start; infinite for one sample.
    func costs(before end: Int) -> [Double] {
      let origin = positions[end - 1]
      let first = (1 - phi * phi).squareRoot()
      var costs = [Double](repeating: .infinity, count: end)
      var sums = Sums()
      for start in (0..<end).reversed() {
        let x = positions[start] - origin
        if end - start >= ChangePoints.leastSegment {
          costs[start] = cost(sums.adding(first, first * x, first * values[start]))
        }
        if start > 0 {
          sums = sums.adding(
            1 - phi, x - phi * (positions[start - 1] - origin), values[start] - phi * values[start - 1])
        }
      }
      return costs
    }

    private func cost(_ s: Sums) -> Double {
      let half = (s.count + 1) / 2
      let scale = log(noise.squareRoot() * (1 - phi * phi).squareRoot())
      let flat = (max(0, s.yy - s.oy * (s.oy / s.oo)) + noise) / (s.count + 1)
      let constant = half * log(flat) - scale + log(s.count)
      let determinant = s.oo * s.xx - s.ox * s.ox
      guard s.count > 2, determinant > 1e-9 * s.oo * s.xx else { return constant }
      let level = (s.oy * s.xx - s.xy * s.ox) / determinant
      let slope = (s.xy * s.oo - s.oy * s.ox) / determinant
      let sloped = (max(0, s.yy - level * s.oy - slope * s.xy) + noise) / (s.count + 1)
      return min(constant, half * log(sloped) - scale + 1.5 * log(s.count))
    }
  }

  /// The cheapest cut for one autoregression.
  private struct Cut {
    let segments: Segments
    var cost = 0.0
    var starts: [Int] = []

    init(_ segments: Segments) {
      self.segments = segments
      let n = segments.values.count
      var best = [Double](repeating: .infinity, count: n + 1)
      var previous = [Int](repeating: 0, count: n + 1)
      best[0] = 0
      for end in 1...n {
        let costs = segments.costs(before: end)
        for start in 0..<end {
          let total = best[start] + costs[start] + (start > 0 ? segments.changeCost : 0)
          if total < best[end] { (best[end], previous[end]) = (total, start) }
        }
      }
      var start = previous[n]
      while start > 0 {
        starts.insert(start, at: 0)
        start = previous[start]
      }
      cost = best[n]
    }

    func changes(at indices: [Int]) -> [Change] {
      let bounds = [0] + starts + [segments.values.count]
      return starts.indices.map { k in
        let after = segments.costs(before: bounds[k + 2])
        let before = segments.costs(before: bounds[k + 1])[bounds[k]]
        let gain = after[bounds[k]] - before - after[bounds[k + 1]] - segments.changeCost
        return Change(index: indices[starts[k]], confidence: 1 / (1 + exp(-max(0, gain))))
      }
    }
  }
}

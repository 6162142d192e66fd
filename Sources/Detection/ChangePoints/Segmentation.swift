import Glibc

/// The cut of a series into segments that costs least for one autoregression.
struct Segmentation: Sendable {
  /// Of the whole description.
  let cost: Double
  /// First samples of all segments but the first.
  private(set) var starts: [Int]
  private let costs: SegmentCosts

  /// Optimal partitioning (Jackson and others 2005) over at most 2,000 places; where that leaves samples out, each
  /// change is then moved to its best place between its neighbours.
  /// - Parameter costs: of one series, for some autoregressions.
  /// - Returns: the cut for each autoregression.
  static func cheapest(_ costs: [SegmentCosts]) -> [Segmentation] {
    guard let n = costs.first?.count else { return [] }
    let step = (n + ChangePoints.mostPlaces - 1) / ChangePoints.mostPlaces
    let places = Array(stride(from: 0, to: n, by: step)) + [n]
    return stride(from: 0, to: costs.count, by: Lanes.count).flatMap { first in
      let some = Array(costs[first..<min(first + Lanes.count, costs.count)])
      return zip(some, SegmentSearch(costs: some, places: places, stride: step).run()).map { costs, cut in
        var segmentation = Segmentation(cut, of: costs, places: places)
        if step > 1 { segmentation.refine(reach: step) }
        return segmentation
      }
    }
  }

  private init(_ cut: SegmentSearch.Cut, of costs: SegmentCosts, places: [Int]) {
    self.costs = costs
    cost = cut.cost
    var starts: [Int] = []
    var k = cut.previous[places.count - 1]
    while k > 0 {
      starts.append(places[k])
      k = cut.previous[k]
    }
    self.starts = starts.reversed()
  }

  /// Moves each change to where it costs least, its neighbours staying.
  private mutating func refine(reach: Int) {
    for k in starts.indices {
      let low = k > 0 ? starts[k - 1] : 0
      let high = k + 1 < starts.count ? starts[k + 1] : costs.count
      let earliest = max(low + ChangePoints.leastSegment, starts[k] - reach)
      let latest = min(high - ChangePoints.leastSegment, starts[k] + reach)
      var best = (cost: Double.infinity, start: starts[k])
      for start in Swift.stride(from: earliest, through: latest, by: 1) {
        let cost = costs.fit(low, start).cost + costs.fit(start, high).cost
        if cost < best.cost { best = (cost, start) }
      }
      starts[k] = best.start
    }
  }

  /// The cost with the series in its own units, so that descriptions of other series of as many samples compare.
  func length(of count: Int) -> Double { cost + Double(count) * log(costs.samples.scale) }

  /// Other first samples, ascending.
  mutating func keep(_ starts: [Int]) { self.starts = starts }

  /// The changes, with what differs.
  /// - Parameter indices: of the samples in the series they came from.
  func changes(at indices: [Int]) -> [ChangePoint] {
    let bounds = [0] + starts + [costs.count]
    let fits = zip(bounds, bounds.dropFirst()).map { costs.fit($0, $1) }
    return starts.indices.map { k in
      let before = fits[k]
      let after = fits[k + 1]
      // Half the difference of two Schwarz criteria is about the logarithm of the odds.
      let together = costs.fit(bounds[k], bounds[k + 2]).cost
      let gain = max(0, together - before.cost - after.cost - costs.changeCost)
      let position = costs.samples.positions[starts[k]]
      return ChangePoint(
        index: indices[starts[k]],
        confidence: 1 / (1 + exp(-gain)),
        step: costs.samples.scale * (after.value(at: position) - before.value(at: position)),
        slopeChange: costs.samples.scale * (after.slope - before.slope),
        deviationRatio: after.deviation / before.deviation)
    }
  }
}

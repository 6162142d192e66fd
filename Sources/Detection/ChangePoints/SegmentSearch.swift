/// The dynamic programme that cuts a series (`Segmentation`), for four autoregressions at once: O(n) for each place.
///
/// The cost of every segment that may be the last one before an end is first bounded from both sides, without a
/// logarithm (`BinaryLogarithm`) and without a division. Only where the lower bound is below the least upper bound is
/// the segment costed, by `SegmentSums.solution` from the same sums in the same order: the cut is that of costing all
/// of them, to the last bit. It happens about once for an end.
final class SegmentSearch {
  /// Of each lane; all of one series.
  private let costs: [SegmentCosts]
  private let samples: SegmentSamples
  /// Where segments may start, at multiples of `stride`, and last the number of samples.
  private let places: [Int]
  private let stride: Int
  private let noise: Lanes

  // Pointers: where the optimizer is off, each access to an array is a call.
  private typealias Row = UnsafeMutablePointer<Lanes>
  private static let rowCount = 21
  /// All rows, each of n + 1.
  private let memory: Row
  // By sample: the value with the autoregression filtered out, that times the filtered constant, and its square.
  private let value, oneValue, valueValue: Row
  // The same for a sample that begins a segment.
  private let firstValue, firstOneValue, firstValueValue: Row
  // By number of samples from there to the end: the filtered position, and that of a sample that begins a segment.
  private let position, firstPosition: Row
  // By number of samples of a segment: the sums that do not depend on values.
  private let oneOne, oneX, xx: Row
  // By number of samples: the residual sum of squares is yy − flat · oneY² for a constant, and
  // yy − (level · oneY² + xy · (both · oneY + slope · xy)) for a line.
  private let flat, level, both, slope: Row
  // By number of samples: what a constant costs besides its residuals (`SegmentLengths.base`), with the noise's scale.
  private let base: Row
  // By place: the least cost of the samples before it together with that of a change there.
  private let bestAndChange: Row
  // Segments that may turn out the cheapest: lower bound and sums; and their places.
  private let bound, candidateOneY, candidateXY, candidateYY: Row
  private let candidates: UnsafeMutablePointer<Int>

  /// - Parameter costs: of one series, for at most four autoregressions.
  init(costs: [SegmentCosts], places: [Int], stride: Int) {
    precondition(!costs.isEmpty && costs.count <= Lanes.count)
    // Lanes to spare do the work of the last once more.
    let costs = (0..<Lanes.count).map { costs[min($0, costs.count - 1)] }
    self.costs = costs
    samples = costs[0].samples
    self.places = places
    self.stride = stride
    noise = Lanes { costs[$0].noise }
    let width = samples.values.count + 1
    memory = .allocate(capacity: Self.rowCount * width)
    memory.initialize(repeating: Lanes(repeating: 0), count: Self.rowCount * width)
    candidates = .allocate(capacity: width)
    candidates.initialize(repeating: 0, count: width)
    var next = memory
    func row() -> Row {
      defer { next += width }
      return next
    }
    (value, oneValue, valueValue) = (row(), row(), row())
    (firstValue, firstOneValue, firstValueValue) = (row(), row(), row())
    (position, firstPosition) = (row(), row())
    (oneOne, oneX, xx) = (row(), row(), row())
    (flat, level, both, slope) = (row(), row(), row(), row())
    (base, bestAndChange) = (row(), row())
    (bound, candidateOneY, candidateXY, candidateYY) = (row(), row(), row(), row())
    assert(next == memory + Self.rowCount * width)
  }

  deinit {
    memory.deallocate()
    candidates.deallocate()
  }

  /// The cheapest cut for one autoregression.
  struct Cut {
    /// Of the whole series.
    var cost: Double
    /// Place → the place where the last segment before it starts, of equal cuts the earliest.
    var previous: [Int]
  }

  /// - Returns: the cut for each autoregression, four in any case.
  func run() -> [Cut] {
    let n = samples.values.count
    for i in 0..<n { fillValues(i) }
    for m in 0...n { base[m] = Lanes { samples.lengths.base[m] - costs[$0].logScale } }
    // Without gaps the positions in a segment depend on its length alone.
    let hasGaps = samples.positions[n - 1] - samples.positions[0] > Double(n - 1)
    if !hasGaps { fillPositions(before: n) }
    var best = [Lanes(repeating: 0)]
    var previous = [[Int]](repeating: [0], count: Lanes.count)
    for k in 1..<places.count {
      if hasGaps { fillPositions(before: places[k]) }
      let upper = boundSegments(before: places[k], place: k)
      var costsHere = Lanes(repeating: .infinity)
      for lane in 0..<Lanes.count {
        let last = lastSegment(before: places[k], of: upper.count, atMost: upper.bound[lane], lane, best)
        costsHere[lane] = last.cost
        previous[lane].append(last.place)
      }
      best.append(costsHere)
      bestAndChange[k] = costsHere + Lanes(repeating: costs[0].changeCost)
    }
    return (0..<Lanes.count).map { Cut(cost: best[places.count - 1][$0], previous: previous[$0]) }
  }

  private func fillValues(_ i: Int) {
    if i > 0 {
      let rows = costs.map { $0.filtered(i, 0) }
      value[i] = Lanes { rows[$0].y }
      oneValue[i] = Lanes { rows[$0].one * rows[$0].y }
      valueValue[i] = value[i] * value[i]
    }
    let rows = costs.map { $0.initial(i, 0) }
    firstValue[i] = Lanes { rows[$0].y }
    firstOneValue[i] = Lanes { rows[$0].one * rows[$0].y }
    firstValueValue[i] = firstValue[i] * firstValue[i]
  }

  /// The rows by number of samples, for segments that end before `end`.
  private func fillPositions(before end: Int) {
    let (position, firstPosition) = (position, firstPosition)
    let (oneOne, oneX, xx) = (oneOne, oneX, xx)
    let phi = Lanes { costs[$0].autoregression }
    let first = Lanes { costs[$0].first }
    let one = Lanes(repeating: 1) - phi
    var sumOneOne = Lanes(repeating: 0)
    var (sumOneX, sumXX) = (sumOneOne, sumOneOne)
    samples.positions.withUnsafeBufferPointer { x in
      let origin = x[end - 1]
      var m = 1
      while m <= end {
        let start = end &- m
        let firstX = first * (x[start] - origin)
        firstPosition[m] = firstX
        oneOne[m] = sumOneOne + first * first
        oneX[m] = sumOneX + first * firstX
        xx[m] = sumXX + firstX * firstX
        fillFactors(m)
        if start > 0 {
          let filtered = Lanes(repeating: x[start] - origin) - phi * (x[start &- 1] - origin)
          position[m] = filtered
          sumOneOne = sumOneOne + one * one
          sumOneX = sumOneX + one * filtered
          sumXX = sumXX + filtered * filtered
        }
        m &+= 1
      }
    }
  }

  /// The rows for residual sums of squares, from the sums.
  private func fillFactors(_ m: Int) {
    let (oneOne, oneX, xx) = (oneOne[m], oneX[m], xx[m])
    let constant = Lanes(repeating: 1) / oneOne
    flat[m] = constant
    let determinants = oneOne * xx - oneX * oneX
    if m > 2, !Lanes.anyAtMost(determinants, oneOne * SegmentSums.leastDeterminant * xx) {
      let inverse = Lanes(repeating: 1) / determinants
      level[m] = xx * inverse
      both[m] = oneX * -2 * inverse
      slope[m] = oneOne * inverse
      return
    }
    let inverse = Lanes { lane in
      let determinant = SegmentSums.determinant(Double(m), oneOne[lane], oneX[lane], xx[lane])
      return determinant.map { 1 / $0 } ?? .nan
    }
    // Where there is no line, the constant stands for it.
    level[m] = Lanes { inverse[$0].isNaN ? constant[$0] : xx[$0] * inverse[$0] }
    both[m] = Lanes { inverse[$0].isNaN ? 0 : -2 * oneX[$0] * inverse[$0] }
    slope[m] = Lanes { inverse[$0].isNaN ? 0 : oneOne[$0] * inverse[$0] }
  }

  /// Adds up the sums of all segments before `end`, newest start first, and bounds their costs.
  /// - Parameter place: that of `end`.
  /// - Returns: how many candidates there are, by falling place, and the least upper bounds.
  private func boundSegments(before end: Int, place: Int) -> (count: Int, bound: Lanes) {
    // Members of a class are looked up at each use where the optimizer is off.
    let (value, oneValue, valueValue) = (value, oneValue, valueValue)
    let (firstValue, firstOneValue, firstValueValue) = (firstValue, firstOneValue, firstValueValue)
    let (position, firstPosition) = (position, firstPosition)
    let (flat, level, both, slope) = (flat, level, both, slope)
    let (base, bestAndChange, noise) = (base, bestAndChange, noise)
    let (lineFactor, halfLog2) = (samples.lengths.lineFactor, samples.lengths.halfLog2)
    let (least, error) = (ChangePoints.leastSegment, BinaryLogarithm.error)

    var oneY = Lanes(repeating: 0)
    var (xy, yy) = (oneY, oneY)
    var count = 0
    var upper = Lanes(repeating: .greatestFiniteMagnitude)
    var place = place - 1
    var placeStart = place * stride
    var start = end - 1
    while start >= 0 {
      let m = end &- start
      if start == placeStart {
        if m >= least {
          let segmentOneY = oneY + firstOneValue[start]
          let segmentXY = xy + firstPosition[m] * firstValue[start]
          let segmentYY = yy + firstValueValue[start]
          let square = segmentOneY * segmentOneY
          let constant = (segmentYY - square * flat[m]).positive + noise
          let explained = level[m] * square + segmentXY * (both[m] * segmentOneY + slope[m] * segmentXY)
          let line = ((segmentYY - explained).positive + noise) * lineFactor[m]
          let half = halfLog2[m]
          let estimate = bestAndChange[place] + base[m] + Lanes.least(line, constant).estimatedLog2 * half
          let slack = Lanes(repeating: half * error)
          let lower = estimate - slack
          if Lanes.anyAtMost(lower, upper) {
            bound[count] = lower
            candidateOneY[count] = segmentOneY
            candidateXY[count] = segmentXY
            candidateYY[count] = segmentYY
            candidates[count] = place
            count &+= 1
            upper = Lanes.least(estimate + slack, upper)
          }
        }
        place &-= 1
        placeStart &-= stride
      }
      if start > 0 {
        oneY = oneY + oneValue[start]
        xy = xy + position[m] * value[start]
        yy = yy + valueValue[start]
      }
      start &-= 1
    }
    return (count, upper)
  }

  /// The last segment of the cheapest cut of the samples before `end`.
  /// - Parameters:
  ///   - count: how many candidates there are.
  ///   - upper: the least upper bound.
  ///   - best: place → the least cost of the samples before it.
  private func lastSegment(
    before end: Int, of count: Int, atMost upper: Double, _ lane: Int, _ best: [Lanes]
  ) -> (place: Int, cost: Double) {
    let costs = costs[lane]
    var last = (place: 0, cost: Double.infinity)
    var k = 0
    while k < count {
      defer { k &+= 1 }
      guard bound[k][lane] <= upper else { continue }
      let place = candidates[k]
      let m = end - place * stride
      let sums = SegmentSums(
        count: Double(m), oneOne: oneOne[m][lane], oneX: oneX[m][lane], xx: xx[m][lane],
        oneY: candidateOneY[k][lane], xy: candidateXY[k][lane], yy: candidateYY[k][lane])
      let segment = sums.solution(
        noise: costs.noise, logScale: costs.logScale, logCount: samples.lengths.logCount[m])
      let total = best[place][lane] + segment.cost + (place > 0 ? costs.changeCost : 0)
      // Places fall: of equal ones the earliest stays.
      if total <= last.cost { last = (place, total) }
    }
    return last
  }
}

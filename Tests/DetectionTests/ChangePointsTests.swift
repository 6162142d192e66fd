import Foundation
import Testing

@testable import Detection

@Suite("ChangePoints")
struct ChangePointsTests {
  private func found(_ values: [Double]) -> [Int] { ChangePoints.find(in: values).map(\.index) }

  @Test("the flow of the Nile fell in 1899, when the dam was begun (Cobb 1978)")
  func nileDam() throws {
    let changes = ChangePoints.find(in: nile)
    #expect(changes.map(\.index) == [28])
    let change = try #require(changes.first)
    // Means 1097.75 before and 849.97 after.
    #expect(abs(change.step + 247.8) < 30)
    #expect(change.confidence > 0.5 && change.confidence <= 1)
  }

  @Test("a step, a bend and a change of variance are found where they are")
  func kinds() throws {
    var noise = Noise(seed: 21)
    let step = (0..<200).map { (i: Int) -> Double in noise.normal() + (i < 120 ? 0 : 4) }
    #expect(found(step).count == 1 && abs(found(step)[0] - 120) <= 2)
    let bend = (0..<200).map { (i: Int) -> Double in 0.3 * noise.normal() + 0.2 * Double(max(0, i - 100)) }
    let bends = ChangePoints.find(in: bend)
    #expect(bends.count == 1 && abs(bends[0].index - 100) <= 8 && abs(bends[0].slopeChange - 0.2) < 0.02)
    let burst = (0..<200).map { (i: Int) -> Double in noise.normal() * (i < 90 ? 1 : 5) }
    let bursts = ChangePoints.find(in: burst)
    #expect(bursts.count == 1 && abs(bursts[0].index - 90) <= 5)
    let ratio = try #require(bursts.first).deviationRatio
    #expect(ratio > 3 && ratio < 7)
  }

  @Test("several steps are all found, and a spike between them is none")
  func several() {
    var noise = Noise(seed: 22)
    var values = (0..<300).map { (i: Int) -> Double in noise.normal() + [0, 6, -3, 5][i / 75] }
    values[40] += 30
    let changes = found(values)
    #expect(changes.count == 3)
    for (change, truth) in zip(changes, [75, 150, 225]) { #expect(abs(change - truth) <= 1) }
  }

  @Test(
    "trends and autocorrelated noise without a change are left whole in at least 17 of 20 series",
    arguments: [(30, 0.0), (60, 0.5), (60, 0.9), (150, 0.8), (150, 0.99), (200, 0.0), (200, 0.95)])
  func whole(count: Int, phi: Double) {
    var noise = Noise(seed: 23)
    let cut = (0..<20).count { k in
      let errors = noise.autoregression(count, phi)
      return !found(errors.indices.map { errors[$0] + 0.05 * Double($0 * (k % 2)) }).isEmpty
    }
    #expect(cut <= 3)
  }

  @Test("the cut is the best of all cuts, tried one by one")
  func exhaustive() throws {
    var noise = Noise(seed: 24)
    for phi in [0, 0.6] {
      let values = (0..<14).map { (i: Int) -> Double in noise.normal() + (i < 6 ? 0 : 7) }
      let samples = try #require(SegmentSamples(values: values, positions: Array(0..<14)))
      let costs = SegmentCosts(samples: samples, autoregression: phi)
      var best = Double.infinity
      // A bit for each sample from 1 on: whether a segment starts there.
      for mask in 0..<(1 << 13) {
        let bounds = [0] + (1..<14).filter { mask & (1 << ($0 - 1)) != 0 } + [14]
        let segments = Array(zip(bounds, bounds.dropFirst()))
        guard segments.allSatisfy({ $0.1 - $0.0 >= ChangePoints.leastSegment }) else { continue }
        let total = segments.reduce(0) { $0 + costs.fit($1.0, $1.1).cost }
        best = min(best, total + Double(segments.count - 1) * costs.changeCost)
      }
      #expect(abs(Segmentation.cheapest([costs])[0].cost - best) < 1e-9)
    }
  }

  /// Series of every kind that the search treats in its own way: with and without gaps, short, wild, with ties.
  private func generated(_ number: Int, _ count: Int) -> [Double] {
    var noise = Noise(seed: UInt64(1_000 + number))
    let phi = [0, 0.5, 0.9, 0.99][number % 4]
    let slope = number % 3 == 0 ? 0.05 : 0
    let errors = noise.autoregression(count, phi)
    var level = 0.0
    return errors.indices.map { i in
      if noise.uniform() < 0.05 { level += 6 * noise.normal() }
      var value = errors[i] + level + slope * Double(i)
      if number % 5 == 1 { value = value.rounded() }
      // Steps without any noise: many cuts cost the same.
      if number % 7 == 2 { value = Double(i / 6 % 2) }
      if noise.uniform() < 0.02 { value *= 20 }
      return number % 2 == 1 && noise.uniform() < 0.15 ? .nan : value
    }
  }

  @Test("the search finds what a plain one does that costs every segment, to the sample", arguments: 0..<8)
  func plain(part: Int) {
    for number in stride(from: part, to: 240, by: 8) {
      let values = generated(number, number < 8 ? 250 : 4 + number * 7 % 60)
      let present = values.indices.filter { values[$0].isFinite }
      let changes = ChangePoints.segmentation(of: values, present)?.changes(at: present) ?? []
      let expected = PlainChangePoints.find(in: values)
      #expect(changes.map(\.index) == expected.map(\.index), "series \(number)")
      for (change, other) in zip(changes, expected) {
        #expect(abs(change.confidence - other.confidence) < 1e-12, "series \(number)")
      }
    }
  }

  @Test("a level is found inside a rhythm, at its place", arguments: [7, 24, 30])
  func levelInRhythm(period: Int) {
    var noise = Noise(seed: 91)
    let errors = noise.autoregression(300, 0)
    let plain = errors.indices.map { errors[$0] + 10 * sin(2 * .pi * Double($0) / Double(period)) }
    #expect(ChangePoints.find(in: plain).isEmpty)
    let shifted = plain.indices.map { plain[$0] + ($0 >= 170 ? 5 : 0) }
    let changes = ChangePoints.find(in: shifted)
    #expect(changes.count == 1 && abs((changes.first?.index ?? 0) - 170) <= 1)
  }

  @Test("what only repeats, and a year in three, are no changes")
  func repetition() {
    var noise = Noise(seed: 92)
    let square = (0..<480).map { $0 % 24 < 10 ? 1.0 : 0 }
    #expect(ChangePoints.find(in: square).isEmpty)
    let errors = noise.autoregression(700, 0)
    let years = errors.indices.map { 3 * errors[$0] + 10 * sin(2 * .pi * Double($0) / 240 + 1) }
    #expect(ChangePoints.find(in: years).isEmpty)
  }

  @Test("counts, switches and rounded readings change when their share does, and not by runs")
  func discrete() {
    var noise = Noise(seed: 93)
    var wrong = 0
    for _ in 0..<10 {
      let rare = (0..<300).map { _ in noise.uniform() < 0.1 ? 1.0 : 0 }
      let thermostat = (0..<300).map { _ in (20 + 0.3 * noise.normal()).rounded() }
      let rain = (0..<300).map { _ in max(0, noise.normal() - 1) }
      let line = (0..<300).map { ((0.05 * Double($0) + noise.normal()) / 3).rounded() * 3 }
      wrong += [rare, thermostat, rain, line].count { !ChangePoints.find(in: $0).isEmpty }
      let busier = (0..<300).map { noise.uniform() < ($0 < 150 ? 0.1 : 0.9) ? 1.0 : 0 }
      #expect(ChangePoints.find(in: busier).contains { abs($0.index - 150) <= 8 })
    }
    #expect(wrong <= 4)
  }

  @Test("the binary logarithm of the bounds is as near as it says")
  func logarithm() {
    var noise = Noise(seed: 27)
    for i in 0..<20_000 {
      let x = i % 2 == 0 ? 1 + Double(i) / 20_000 : exp(200 * noise.normal())
      guard x.isNormal else { continue }
      #expect(abs(BinaryLogarithm.estimate(x) - log2(x)) < BinaryLogarithm.error - 1e-4, "\(x)")
    }
  }

  @Test(
    "the cost of a segment is that of generalised least squares with dense matrices",
    arguments: [(0.0, 0.10060606061, 0.08896969697), (0.6, 0.10621468927, 0.21293698392)])
  func cost(phi: Double, slope: Double, squares: Double) throws {
    // numpy: covariance φ^|i−j| / (1 − φ²), values divided by their range of 10.
    let values: [Double] = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10]
    let samples = try #require(SegmentSamples(values: values, positions: Array(0..<10)))
    let fit = SegmentCosts(samples: samples, autoregression: phi).fit(0, 10)
    #expect(abs(fit.slope - slope) < 1e-9)
    let s = samples.noise(autoregression: phi)
    let cost = 5.5 * log((squares + s * s) / 11) - log(s) - 0.5 * log(1 - phi * phi) + 1.5 * log(10)
    #expect(abs(fit.cost - cost) < 1e-8)
  }

  @Test("beyond 2,000 samples a change is still found to the sample")
  func long() {
    var noise = Noise(seed: 25)
    let values = (0..<4_500).map { (i: Int) -> Double in noise.normal() + (i < 2_161 ? 0 : 5) }
    #expect(found(values) == [2_161])
  }

  @Test("missing samples are passed over; a change behind some begins with the first present")
  func missing() {
    var noise = Noise(seed: 26)
    var values = (0..<200).map { (i: Int) -> Double in noise.normal() + (i < 100 ? 0 : 8) }
    for i in 96..<104 { values[i] = .nan }
    values[0] = .nan
    #expect(found(values) == [104])
  }

  @Test("units do not matter, and short, constant or empty series have no changes")
  func edges() {
    let changes = ChangePoints.find(in: nile)
    for scale in [1e-6, 1e9] {
      let scaled = ChangePoints.find(in: nile.map { $0 * scale })
      #expect(scaled.map(\.index) == changes.map(\.index))
      #expect(abs(scaled[0].confidence - changes[0].confidence) < 1e-6)
    }
    for values in [[], [1], [1, 2, 3], [5, 5, 5, 5, 5, 5], [.nan, .nan, .nan, .nan, 1, 2, .nan]] as [[Double]] {
      #expect(ChangePoints.find(in: values).isEmpty)
    }
  }
}

import Foundation
import Testing

@testable import Detection

@Suite("AnomalyScorer")
struct AnomalyScorerTests {
  /// Five-minute rows with a daily wave of amplitude 5 and noise of deviation 1.
  private func days(_ count: Int, seed: UInt64, wave: Double = 5) -> [Double] {
    var noise = Noise(seed: seed)
    return (0..<count * 288).map { 50 + wave * sin(2 * Double.pi * Double($0) / 288) + noise.normal() }
  }

  private func scores(_ values: [Double], interval: Double = 300) -> [Double] {
    var scorer = AnomalyScorer()
    return values.indices.map { scorer.score(time: 1_700_000_000 + interval * Double($0), value: values[$0]) }
  }

  private func alarms(_ values: [Double]) -> [Int] {
    let scores = scores(values)
    return scores.indices.filter { scores[$0] >= AnomalyScorer.defaultThreshold }
  }

  @Test("scores are from 0 to 1 and the first 50 rows score 0")
  func range() {
    let scores = scores(days(3, seed: 1))
    #expect(scores.allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(scores.prefix(50).allSatisfy { $0 == 0 } && scores.contains { $0 > 0.2 })
  }

  @Test("noise without anomalies raises fewer than two alarms in a week of five-minute rows")
  func calm() {
    let count = (0..<5).map { alarms(days(14, seed: 10 + UInt64($0))).count }.reduce(0, +)
    #expect(count < 20)
  }

  @Test("a spike, a shift of level, a burst of variance and a flat line are alarms at once or within their span")
  func kinds() {
    var spike = days(7, seed: 2, wave: 0)
    spike[1_500] += 12
    #expect(alarms(spike).contains(1_500))
    var shift = days(7, seed: 3, wave: 0)
    for i in 1_500..<shift.count { shift[i] += 4 }
    #expect(alarms(shift).contains { (1_500..<1_512).contains($0) })
    var noise = Noise(seed: 5)
    var variance = days(7, seed: 4, wave: 0)
    for i in 1_500..<1_600 { variance[i] += 3 * noise.normal() }
    #expect(alarms(variance).contains { (1_500..<1_548).contains($0) })
    var flat = days(7, seed: 6, wave: 0)
    for i in 1_500..<1_600 { flat[i] = 50.5 }
    #expect(alarms(flat).contains { (1_500..<1_560).contains($0) })
  }

  @Test("a value that is usual by day is an anomaly at night")
  func context() {
    var values = days(14, seed: 7, wave: 20)
    // Row 216 of a day is its trough; 62 is a usual value near noon.
    let night = 12 * 288 + 216
    for i in night..<night + 12 { values[i] += 32 }
    let found = alarms(values)
    #expect(found.contains { (night..<night + 12).contains($0) })
    #expect(values[night] < values[..<night].max() ?? 0)
  }

  @Test("a nightly spike is news at first and usual later")
  func recurrence() {
    var values = days(20, seed: 8, wave: 0)
    for day in 1..<20 { values[day * 288 + 100] += 15 }
    let found = alarms(values).filter { $0 % 288 == 100 }
    #expect(found.contains(388) && found.count <= 6)
  }

  @Test("one episode is one alarm")
  func episode() {
    var values = days(7, seed: 9, wave: 0)
    for i in 1_500..<1_530 { values[i] += 10 }
    #expect((1...2).contains(alarms(values).filter { (1_500..<1_590).contains($0) }.count))
  }

  @Test("units do not matter")
  func units() {
    let values = days(7, seed: 11)
    for (a, b) in zip(scores(values), scores(values.map { $0 * 1_024 })) { #expect(abs(a - b) < 1e-9) }
  }

  @Test("a missing value scores 0 and leaves the other scores as if it were not there")
  func missing() {
    let values = days(5, seed: 12)
    var plain = AnomalyScorer()
    var holed = AnomalyScorer()
    for (i, value) in values.enumerated() {
      let time = 300 * Double(i)
      if i % 10 == 0 { #expect(holed.score(time: time, value: .nan) == 0) }
      #expect(plain.score(time: time, value: value) == holed.score(time: time, value: value))
    }
  }

  @Test("hourly, daily, irregular and repeated timestamps, and a constant series, are scored without fuss")
  func timestamps() {
    let values = days(4, seed: 13)
    for interval in [0, 1, 3_600, 86_400, 30 * 86_400.0] {
      #expect(scores(values, interval: interval).allSatisfy { $0 >= 0 && $0 <= 1 })
    }
    #expect(scores([Double](repeating: 0, count: 500)).allSatisfy { $0 < AnomalyScorer.defaultThreshold })
  }

  @Test("a higher threshold has fewer alarms")
  func threshold() {
    var values = days(7, seed: 14, wave: 0)
    for i in stride(from: 500, to: 2_000, by: 150) { values[i] += Double(i % 7) + 5 }
    func count(_ threshold: Double) -> Int {
      var scorer = AnomalyScorer(threshold: threshold)
      return values.indices.count { scorer.score(time: 300 * Double($0), value: values[$0]) >= threshold }
    }
    #expect(count(0.3) > count(0.5) && count(0.5) > count(0.8))
  }
}

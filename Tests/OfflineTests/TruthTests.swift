import Simulation
import Testing

@testable import Offline

/// The fast part of `twinmill bench truth`: few series of every family, judged together.
@Suite("Truth about families of series")
struct TruthTests {
  /// The share of false statements over all figures named `false` that have a bound.
  private static func falseShare(_ rows: [TruthRow]) -> Double {
    let asked = rows.filter { row in
      if case .none = row.bound { false } else { row.measure == "false" }
    }
    return asked.reduce(0) { $0 + $1.value * Double($1.count) } / Double(max(1, asked.reduce(0) { $0 + $1.count }))
  }

  @Test("changes are stated where something changes", arguments: [UInt64(101)])
  func changes(seed: UInt64) {
    let rows = SeriesFamily.all.flatMap { ChangeTruth.rows(of: $0, TruthSample(series: 1, seed: seed)) }
    #expect(Self.falseShare(rows) <= 0.08)
    let shifts = rows.filter { $0.measure == "shifts found" }
    #expect(shifts.reduce(0) { $0 + $1.value } >= 0.7 * Double(shifts.count))
  }

  @Test("effects are stated where something acts")
  func effects() {
    let rows = SeriesFamily.all.flatMap { EffectTruth.rows(of: $0, TruthSample(series: 2, seed: 102)) }
    #expect(Self.falseShare(rows) <= 0.08)
    let coverage = rows.filter { $0.measure == "coverage" }
    #expect(coverage.reduce(0) { $0 + $1.value } >= 0.9 * Double(coverage.count))
  }

  @Test("correlations are stated where two series have to do with each other")
  func correlations() {
    let families = SeriesFamily.all.filter { $0.name != "two-rhythms" }
    let rows = families.flatMap { CorrelationTruth.rows(of: $0, TruthSample(series: 2, seed: 103)) }
    #expect(Self.falseShare(rows) <= 0.12)
  }

  @Test("families differ, and are the same for the same seed")
  func families() {
    #expect(Set(SeriesFamily.all.map(\.name)).count == SeriesFamily.all.count)
    for family in SeriesFamily.all {
      let first = family.series(seed: 1, count: 50).values.map(\.bitPattern)
      #expect(first == family.series(seed: 1, count: 50).values.map(\.bitPattern), "\(family.name)")
      #expect(first != family.series(seed: 2, count: 50).values.map(\.bitPattern), "\(family.name)")
    }
  }
}

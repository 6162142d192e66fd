import Detection
import Simulation

/// Holds `ChangePoints` against families of series.
package enum ChangeTruth {
  /// Samples of a series.
  static let count = 300
  /// Where a shift is planted.
  static let place = 173
  /// Samples between a true change and a found one at most.
  static let tolerance = 4
  /// Standard deviations of a planted shift.
  static let shift = 5.0

  /// False changes where nothing changes, and planted shifts that are found.
  package static func rows(of family: SeriesFamily, _ sample: TruthSample) -> [TruthRow] {
    var rows: [TruthRow] = []
    let isSteady =
      family.laterSpread == 1 && family.memory != .randomWalk && family.memory != .localLevel(0.2)
      && !isJumping(family)
    if isSteady {
      let wrong = sample.seeds.count { seed in
        !ChangePoints.find(in: family.series(seed: seed, count: count).values).isEmpty
      }
      // A curve and a part of a year may be told in pieces; what only repeats may not.
      let isBent = [.curve(rise: 30), .growth(factor: 2), .growth(factor: 4)].contains(family.course)
      let repeats = family.rhythms.allSatisfy { 3 * $0.period <= count }
      rows.append(row(family, "false", wrong, sample, isBent || !repeats ? .none : .atMost(0.05)))
      let found = sample.seeds.count { seed in
        let series = family.series(seed: seed, count: count) { $0 >= place ? shift : 0 }
        return ChangePoints.find(in: series.values).contains { abs($0.index - place) <= tolerance }
      }
      let isPlain = [.noise, .rhythm, .reading].contains(family.category) && repeats
      rows.append(row(family, "shifts found", found, sample, isPlain ? .atLeast(0.9) : .none))
    }
    if isJumping(family) {
      var known = 0
      var found = 0
      for seed in sample.seeds {
        let series = family.series(seed: seed, count: count)
        let places = ChangePoints.find(in: series.values).map(\.index)
        known += series.changes.count
        found += series.changes.count { change in places.contains { abs($0 - change) <= tolerance } }
      }
      rows.append(
        TruthRow(
          area: "changes", family: family.name, measure: "jumps found",
          value: Double(found) / Double(max(1, known)), count: known, bound: .atLeast(0.8)))
    }
    return rows
  }

  private static func isJumping(_ family: SeriesFamily) -> Bool {
    if case .setPoints = family.course { true } else { false }
  }

  private static func row(
    _ family: SeriesFamily, _ measure: String, _ hits: Int, _ sample: TruthSample, _ bound: TruthRow.Bound
  ) -> TruthRow {
    TruthRow(
      area: "changes", family: family.name, measure: measure, value: Double(hits) / Double(max(1, sample.series)),
      count: sample.series, bound: bound)
  }
}

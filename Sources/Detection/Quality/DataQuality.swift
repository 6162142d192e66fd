import Glibc

/// Finds faults of measuring in a series.
public enum DataQuality {
  /// Chance by which equal neighbours may make a run look stuck in a whole series.
  static let stuckChance = 0.001
  /// Fewest equal values in a row that may be stuck.
  static let leastStuck = 6
  /// Relative error of level and scatter within which a change of unit is recognised.
  static let unitTolerance = 0.1
  /// Fewest samples on each side of a change of unit.
  static let leastUnitSamples = 8

  /// Gaps, stuck sensors, changes of unit and values out of range, by first sample. Costs what `ChangePoints` does.
  /// - Parameter values: at equal steps, oldest first; NaN = missing.
  /// - Parameter validRange: what the metric can be; `nil` = anything.
  /// - Parameter changes: 0-based first samples of the segments behind changes, where they are known already; `nil` =
  ///   they are looked for.
  public static func findings(
    in values: [Double], validRange: ClosedRange<Double>? = nil, changes: [Int]? = nil
  ) -> [QualityFinding] {
    let all =
      gaps(in: values) + stuck(in: values)
      + unitChanges(in: values, changes: changes ?? ChangePoints.find(in: values).map(\.index))
      + (validRange.map { outOfRange(in: values, $0) } ?? [])
    return all.sorted { $0.samples.lowerBound < $1.samples.lowerBound }
  }

  /// Runs of missing samples.
  public static func gaps(in values: [Double]) -> [QualityFinding] {
    runs(values.count) { values[$0].isNaN }.map { QualityFinding(kind: .gap, samples: $0) }
  }

  /// Runs of values outside of a range.
  public static func outOfRange(in values: [Double], _ range: ClosedRange<Double>) -> [QualityFinding] {
    runs(values.count) { !values[$0].isNaN && !range.contains(values[$0]) }.map { run in
      let extreme = values[run].max { abs($0 - middle(of: range)) < abs($1 - middle(of: range)) } ?? .nan
      return QualityFinding(kind: .outOfRange(extreme: extreme), samples: run)
    }
  }

  /// Runs of equal values too long for chance.
  ///
  /// With a share q of equal neighbours outside of the run, a run of L equal values starts somewhere among n samples
  /// with a chance of at most n q^(L−1). Series that often stand still, such as counts of nothing, are hardly ever
  /// stuck. A missing sample ends a run.
  public static func stuck(in values: [Double]) -> [QualityFinding] {
    let runs = equalRuns(values)
    let present = values.count { !$0.isNaN }
    let equal = runs.reduce(0) { $0 + $1.count - 1 }
    return runs.filter { run in
      guard run.count >= leastStuck else { return false }
      // One pair more than seen: a series that never stood still says little about how rare that is.
      let rest = Double(present - run.count)
      let share = min(1, (Double(equal - (run.count - 1)) + 1) / (rest + 2))
      return log(Double(present)) + Double(run.count - 1) * log(share) < log(stuckChance)
    }.map { QualityFinding(kind: .stuck(value: values[$0.lowerBound]), samples: $0) }
  }

  /// Changes of level after which both the typical value and the scatter are as after a change of unit.
  public static func unitChanges(in values: [Double]) -> [QualityFinding] {
    unitChanges(in: values, changes: ChangePoints.find(in: values).map(\.index))
  }

  private static func unitChanges(in values: [Double], changes starts: [Int]) -> [QualityFinding] {
    let bounds = [0] + starts + [values.count]
    return starts.indices.compactMap { k in
      let before = values[bounds[k]..<bounds[k + 1]].filter { $0.isFinite }
      let after = values[bounds[k + 1]..<bounds[k + 2]].filter { $0.isFinite }
      guard let change = unitChange(from: before, to: after) else { return nil }
      return QualityFinding(kind: .unitChange(change), samples: bounds[k + 1]..<bounds[k + 2])
    }
  }

  private static func unitChange(from before: [Double], to after: [Double]) -> UnitChange? {
    guard before.count >= leastUnitSamples, after.count >= leastUnitSamples else { return nil }
    let (level, scatter) = levelAndScatter(before)
    let (newLevel, newScatter) = levelAndScatter(after)
    guard scatter > 0, newScatter > 0 else { return nil }
    // A median absolute deviation of n samples is known to about 1.2 / √n.
    let doubt = 2.4 * (1 / Double(before.count) + 1 / Double(after.count)).squareRoot()
    return UnitChange.known.lazy.flatMap { [$0, $0.reversed] }.first { change in
      let expected = change.factor * level + change.offset
      return abs(newLevel - expected) <= unitTolerance * min(abs(expected), abs(expected - level))
        && abs(log(newScatter / (change.factor * scatter))) <= max(unitTolerance, doubt)
    }
  }

  /// Median and median absolute deviation.
  private static func levelAndScatter(_ values: [Double]) -> (Double, Double) {
    let level = values.sorted()[values.count / 2]
    return (level, values.map { abs($0 - level) }.sorted()[values.count / 2])
  }

  private static func middle(of range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) / 2
  }

  /// Longest runs of indices that meet a condition.
  private static func runs(_ count: Int, where holds: (Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for i in 0..<count where holds(i) {
      if let last = runs.last, last.upperBound == i {
        runs[runs.count - 1] = last.lowerBound..<i + 1
      } else {
        runs.append(i..<i + 1)
      }
    }
    return runs
  }

  /// Runs of equal values, each of one value or more.
  private static func equalRuns(_ values: [Double]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for i in values.indices where !values[i].isNaN {
      if let last = runs.last, last.upperBound == i, values[i - 1] == values[i] {
        runs[runs.count - 1] = last.lowerBound..<i + 1
      } else {
        runs.append(i..<i + 1)
      }
    }
    return runs
  }
}

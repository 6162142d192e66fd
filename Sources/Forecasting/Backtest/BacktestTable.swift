/// Error and coverage by step, over any number of series.
public struct BacktestTable: Sendable {
  /// The figures of one step, or of all.
  public struct Row: Sendable, Equatable {
    /// Forecasts with a value to compare.
    public internal(set) var count = 0
    /// Mean of 200 |y − f| / (|y| + |f|), 0 where both are 0.
    public var symmetricPercentageError: Double { count > 0 ? percentage / Double(count) : .nan }
    /// Mean of |y − f| / scale, over the series that have a scale.
    public var scaledError: Double { scaledCount > 0 ? scaled / Double(scaledCount) : .nan }
    /// Share of the values inside the interval of each level of the table.
    public var coverage: [Double] { covered.map { banded > 0 ? Double($0) / Double(banded) : .nan } }
    var percentage = 0.0
    var scaled = 0.0
    var scaledCount = 0
    var banded = 0
    var covered: [Int]
  }

  /// The levels of which coverage is counted.
  public let levels: [Double]
  /// By step, from 1.
  public private(set) var steps: [Row] = []
  /// Over all steps.
  public private(set) var total: Row

  /// An empty table.
  public init(levels: [Double]) {
    self.levels = levels
    total = Row(covered: levels.map { _ in 0 })
  }

  /// Adds the backtest of one series.
  /// - Parameter sums: whether of sums over the steps up to each, until the first missing value; their errors are then
  ///   divided by the number of steps.
  public mutating func add(_ backtest: Backtest, sums: Bool = false) {
    for origin in backtest.origins {
      let intervals = levels.map { level -> (lower: [Double], upper: [Double])? in
        sums ? origin.forecast.sums(level: level).map { ($0.lower, $0.upper) } : origin.forecast.interval(level: level)
      }
      let actuals = sums ? Self.sums(origin.actual) : origin.actual
      let means = sums ? Self.sums(origin.forecast.mean) : origin.forecast.mean
      while steps.count < actuals.count { steps.append(Row(covered: levels.map { _ in 0 })) }
      for (j, actual) in actuals.enumerated() where !actual.isNaN {
        let mean = means[j]
        var one = Row(covered: levels.map { _ in 0 })
        one.count = 1
        let size = abs(actual) + abs(mean)
        one.percentage = size > 0 ? 200 * (abs(actual - mean) / size) : 0
        if let scale = backtest.scale {
          one.scaled = abs(actual - mean) / scale / Double(sums ? j + 1 : 1)
          one.scaledCount = 1
        }
        if !origin.forecast.bands.isEmpty {
          one.banded = 1
          one.covered = intervals.map { interval in
            interval.map { $0.lower[j] <= actual && actual <= $0.upper[j] ? 1 : 0 } ?? 0
          }
        }
        Self.add(one, to: &steps[j])
        Self.add(one, to: &total)
      }
    }
  }

  private static func sums(_ values: [Double]) -> [Double] {
    var total = 0.0
    return values.map { value in
      total += value
      return total
    }
  }

  private static func add(_ one: Row, to row: inout Row) {
    row.count += one.count
    row.percentage += one.percentage
    row.scaled += one.scaled
    row.scaledCount += one.scaledCount
    row.banded += one.banded
    for i in row.covered.indices { row.covered[i] += one.covered[i] }
  }
}

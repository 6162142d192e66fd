import Numerics

/// The usable factors of a search, filled and shifted.
struct LaggedFactors {
  /// Positions among all factors.
  let indices: [Int]
  /// n rows; the column of usable factor j at lag l is j · lags + l.
  let columns: Matrix
  /// Maximum lag + 1.
  let lags: Int

  init(_ factors: [[Double]], count: Int, maximumLag: Int, season: Int) {
    lags = maximumLag + 1
    let design = Matrix(
      rows: count,
      columns: [[Double](repeating: 1, count: count), CalendarTerms.trend(count)]
        + CalendarTerms.season(count, period: season, harmonics: 1...1))
    var indices: [Int] = []
    var columns = Matrix(rows: count, columns: 0)
    for (index, factor) in factors.enumerated() where Self.isUsable(factor) {
      let observed = factor.indices.filter { !factor[$0].isNaN }
      guard let scaled = try? StandardisedSeries(factor, observed: observed),
        let values = ConditionalMean.deviations(scaled.values, design: design, before: maximumLag)
      else { continue }
      indices.append(index)
      for lag in 0...maximumLag { columns.append(values[(maximumLag - lag)..<(maximumLag - lag + count)]) }
    }
    self.indices = indices
    self.columns = columns
  }

  /// Columns of a usable factor.
  func range(_ factor: Int) -> Range<Int> { (factor * lags)..<((factor + 1) * lags) }

  /// Enough is observed, and enough of it differs from the most frequent value.
  private static func isUsable(_ values: [Double]) -> Bool {
    let observed = values.filter { !$0.isNaN }.sorted()
    guard observed.count >= CorrelationSearch.fewestObservations else { return false }
    var longest = 1
    var run = 1
    for (value, next) in zip(observed, observed.dropFirst()) {
      run = value == next ? run + 1 : 1
      longest = max(longest, run)
    }
    return observed.count - longest >= CorrelationSearch.fewestChanges
  }
}

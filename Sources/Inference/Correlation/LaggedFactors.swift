import Numerics

/// The usable factors of a search, filled and shifted.
struct LaggedFactors {
  /// Positions among all factors.
  let indices: [Int]
  /// n rows; the column of usable factor j at lag l is j · lags + l.
  let columns: Matrix
  /// Maximum lag + 1.
  let lags: Int
  /// Mean, course and season.
  let design: Matrix

  init(_ factors: [[Double]], count: Int, maximumLag: Int, season: Int) {
    lags = maximumLag + 1
    let design = Matrix(
      rows: count,
      columns: [[Double](repeating: 1, count: count)] + CalendarTerms.course(count)
        + CalendarTerms.season(count, period: season, harmonics: 1...1))
    var indices: [Int] = []
    var columns = Matrix(rows: count, columns: 0)
    for (index, factor) in factors.enumerated() where CorrelationSearch.obstacle(ofFactor: factor) == nil {
      let observed = factor.indices.filter { !factor[$0].isNaN }
      guard let scaled = try? StandardisedSeries(factor, observed: observed),
        let values = ConditionalMean.deviations(scaled.values, design: design, before: maximumLag)
      else { continue }
      indices.append(index)
      for lag in 0...maximumLag { columns.append(values[(maximumLag - lag)..<(maximumLag - lag + count)]) }
    }
    self.indices = indices
    self.columns = columns
    self.design = design
  }

  /// The cycles of a usable factor.
  func cycles(of factor: Int, in series: [[Double]]) -> [Cycle] {
    let values = series[indices[factor]]
    let observed = values.indices.filter { !values[$0].isNaN }
    guard let scaled = try? StandardisedSeries(values, observed: observed) else { return [] }
    return CycleSearch.cycles(of: scaled.filled, observed: observed, design: design)
  }

  /// Columns of a usable factor.
  func range(_ factor: Int) -> Range<Int> { (factor * lags)..<((factor + 1) * lags) }
}

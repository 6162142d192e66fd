import Forecasting

/// One series to forecast, as read from a file or of a twin.
package struct FileSeries: Sendable {
  let id: String
  /// Line of its first row; minus its number where there is no file.
  let line: Int
  let values: [Double]
  /// Periods that the file suggests; `nil` when it says nothing.
  let seasons: [Int]?
  /// Steps that the file asks for; `nil` when it says nothing.
  let horizon: Int?
  /// The range that values can have; `nil`: any.
  let bounds: ClosedRange<Double>?
  /// The unit of the values; empty: unknown.
  let unit: String
  /// The instants of its samples and of the steps after them; `nil`: they have only numbers.
  let times: ChartTimes?
  /// The covariates that act on it, for so many steps ahead.
  let covariates: @Sendable (Int) -> [Covariate]

  package init(
    id: String, line: Int, values: [Double], seasons: [Int]?, horizon: Int?, bounds: ClosedRange<Double>? = nil,
    unit: String = "", times: ChartTimes? = nil,
    covariates: @escaping @Sendable (Int) -> [Covariate] = { _ in [] }
  ) {
    self.id = id
    self.line = line
    self.values = values
    self.seasons = seasons
    self.horizon = horizon
    self.bounds = bounds
    self.unit = unit
    self.times = times
    self.covariates = covariates
  }
}

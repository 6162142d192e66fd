import Analysis
import Forecasting
import FoundationEssentials
import Postgres
import Queue
import Series
import Twins

/// One metric of a twin as a prediction sees it: what `twinmill forecast --twin` and backtests look at without a job.
public struct TwinSeries: Sendable {
  /// The metric's name.
  public let metric: String
  /// The unit of its values; empty: unknown.
  public let unit: String
  /// Samples on the metric's grid.
  public let samples: RegularSeries
  /// Periods to look for, in steps.
  public let seasons: [Int]
  /// The metric's valid range.
  public let bounds: ClosedRange<Double>?
  /// Steps that a prediction of this twin looks ahead.
  public let horizon: Int
  private let events: EventCovariates

  init(_ series: ObservedSeries<Metric>, _ samples: RegularSeries, _ input: PredictionInput) {
    metric = series.definition.name
    unit = series.definition.unit
    self.samples = samples
    seasons = MetricForecast.periods(series.definition, samples.interval)
    bounds = MetricForecast.bounds(series.definition)
    horizon = input.horizon
    events = input.events
  }

  /// Past and planned events of the twin: a value for each sample and each of these steps ahead.
  public func covariates(steps: Int) -> [Covariate] { events.covariates(of: samples, steps: steps) }
}

extension Prediction {
  /// Reads a twin's metrics and puts them on their grids, as `load` and `compute` do.
  ///
  /// - Parameter metrics: only these; nil = all.
  /// - Returns: by metric name; and the metrics that cannot be put on a grid or have too few samples, with the reason.
  /// - Throws: `PostgresError`; `JobFailure` when the twin does not exist or nothing usable was observed.
  public func series(
    of twin: UUID, metrics: [String]? = nil, on connection: Connection
  ) async throws -> (series: [TwinSeries], leftOut: [(metric: String, reason: String)]) {
    let histories = try await reader.histories(of: [twin], kind: Self.name, withEvents: true, on: connection)
    guard let history = histories[twin] else {
      throw JobFailure("there is no twin \(twin.text)", isPermanent: true)
    }
    let arguments = PredictionArguments(metrics: metrics, horizon: nil, historyDays: nil)
    let input = try PredictionInput(ResolvedTwin(history, catalog: reader.catalog), arguments)
    let (grids, leftOut) = input.grids()
    return (
      grids.map { TwinSeries($0.series, $0.samples, input) }, leftOut.map { (metric: $0.name, reason: $0.value) }
    )
  }
}

import Analysis
import Forecasting
import FoundationEssentials
import Postgres
import Queue
import Series
import Twins

/// Predicts the states of a twin: every metric some steps ahead, with intervals, one row per step.
public struct Prediction: JobKind {
  /// The kind's name.
  public static let name = "prediction"

  /// Name, arguments, limits.
  public let definition = KindDefinition(
    name: name,
    summary: "Predicts a twin's metrics with 80 % and 95 % intervals into twin_predictions",
    argumentsSchema: PredictionArguments.schema, revision: 2,
    // Histories of years are megabytes: few enough to hold, enough to spread a round trip over.
    batchLimit: 32,
    needsTwin: true, recomputesOnChange: true)

  let reader: HistoryReader
  private let storeStatement: Statement
  private let pruneStatement = Statement("prediction_prune", Embedded.Prediction.Statements.prediction_prune)

  /// A kind that predicts twins of these domains.
  public init(catalog: DomainCatalog) {
    reader = HistoryReader(catalog)
    storeStatement = Statement(
      "prediction_store", Embedded.Prediction.Statements.prediction_store, schemas: ["twins": catalog.twinsSchema])
  }

  // MARK: - Load

  /// Reads the histories of all the jobs' twins in one round trip.
  public func load(
    _ jobs: [Job], on connection: Connection
  ) async throws -> [JobID: Result<PredictionInput, JobFailure>] {
    try await reader.inputs(of: jobs, kind: Self.name, on: connection, PredictionInput.init)
  }

  // MARK: - Compute

  /// Forecasts each metric on its own grid; unchanged when the latest result was made of the same input.
  public func compute(_ input: PredictionInput, for job: Job) async throws -> Computed<PredictionOutput> {
    let hash = input.hash(of: definition)
    if hash == input.lastInputHash { return .unchanged }

    var (grids, leftOut) = input.grids()
    var forecasts: [MetricForecast] = []
    for (series, samples) in grids {
      try Task.checkCancellation()
      guard let delay = Self.delay(of: samples, behind: grids.map(\.samples), horizon: input.horizon) else {
        leftOut.append((series.definition.name, "not observed any more; the twin's other metrics are much newer"))
        continue
      }
      do {
        forecasts.append(
          try MetricForecast(series, samples, events: input.events, delay: delay, horizon: input.horizon))
      } catch let error as ForecastingError {
        if error == .cancelled { throw CancellationError() }
        leftOut.append((series.definition.name, error.description))
      }
    }
    guard !forecasts.isEmpty else {
      let reasons = leftOut.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
      throw JobFailure(
        "twin \(input.twin.text) (domain \(input.domain.name)) cannot be predicted yet (\(reasons)); "
          + "it is predicted with the next sweep after more is recorded", isPermanent: true)
    }
    return .store(PredictionOutput(input, forecasts, leftOut: leftOut, inputHash: hash, job: job))
  }

  /// Steps that a metric's last sample lies behind the newest last sample of the metrics on the same grid, so that a
  /// row holds all metrics at one instant; nil when it lies so far behind that a forecast would say nothing.
  private static func delay(of samples: RegularSeries, behind all: [RegularSeries], horizon: Int) -> Int? {
    let last = samples.date(at: samples.values.count - 1)
    var delay = 0
    for other in all where other.interval == samples.interval && other.calendarStep == samples.calendarStep {
      let newest = other.date(at: other.values.count - 1)
      let steps = newest.timeIntervalSince(last) / (samples.interval / .seconds(1))
      if samples.calendarStep == nil, abs(steps - steps.rounded()) > 1e-6 { continue }
      delay = max(delay, Int(max(0, min(steps.rounded(), 1e9))))
    }
    return delay <= max(horizon, samples.values.count / 4) ? delay : nil
  }

  // MARK: - Store

  /// Writes the results' hashes and all rows, and removes what is older than it is kept, in one round trip.
  public func store(_ outputs: [(job: Job, output: PredictionOutput)], on connection: Connection) async throws {
    var numbers: [Int32] = []
    var dates: [Date] = []
    var states: [String] = []
    var confidences: [Double] = []
    var factors: [String] = []
    for (index, entry) in outputs.enumerated() {
      for row in entry.output.rows {
        numbers.append(Int32(index + 1))
        dates.append(row.date)
        states.append(row.state)
        confidences.append(row.confidence)
        factors.append(row.factors)
      }
    }
    let records = outputs.map { (job: $0.job, record: $0.output.record) }
    _ = try await connection.pipeline([
      ResultRecord.record(records, kind: Self.name),
      storeStatement(
        records.map(\.record.twin), records.map(\.record.metadata), numbers, dates, states, confidences, factors),
      pruneStatement(records.map(\.record.twin)),
    ])
  }
}

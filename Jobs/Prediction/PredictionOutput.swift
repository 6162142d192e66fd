import Analysis
import FoundationEssentials
import Queue
import Series
import Twins

/// The rows of one prediction, ready to be written.
public struct PredictionOutput: Sendable {
  /// One row of `twin_predictions`.
  struct Row: Sendable {
    let date: Date
    /// `PredictedState`.
    let state: String
    /// 0…1: mean over the row's metrics of 1 - width of the 95 % interval / width of the metric's valid range (for an
    /// unbounded metric: of the values observed).
    let confidence: Double
    /// `PredictionFactors`.
    let factors: String
  }

  /// One per step, by date.
  let rows: [Row]
  /// The input it was made of; its metadata is that of all rows.
  let record: ResultRecord

  /// - Parameters:
  ///   - forecasts: by metric name, ascending.
  ///   - leftOut: metrics without a forecast, and why.
  init(
    _ input: PredictionInput, _ forecasts: [MetricForecast], leftOut: [(name: String, value: String)],
    inputHash: String, job: Job
  ) {
    rows = Self.rows(forecasts)
    let arguments = input.arguments
    let metadata = PredictionMetadata(
      lineage: Lineage(of: job, inputHash: inputHash, domain: input.domain.name),
      parameters: PredictionMetadata.Parameters(
        horizon: input.horizon, historyDays: arguments.historyDays, metrics: arguments.metrics),
      metrics: NamedValues(forecasts.map { ($0.metric.name, $0.summary) }), valuesSkipped: input.skipped,
      leftOut: NamedValues(leftOut))
    record = ResultRecord(
      twin: input.twin, inputHash: inputHash, readAt: input.readAt, metadata: metadata.json)
  }

  /// Metrics on one grid share their rows; metrics of other intervals have dates of their own.
  private static func rows(_ forecasts: [MetricForecast]) -> [Row] {
    let pools = forecasts.map(\.pool)
    var byDate: [Date: [(index: Int, step: MetricForecast.Step)]] = [:]
    for (index, forecast) in forecasts.enumerated() {
      for (date, step) in zip(forecast.dates, forecast.steps) { byDate[date, default: []].append((index, step)) }
    }
    return byDate.sorted { $0.key < $1.key }.map { date, entries in
      let state = PredictedState(entries.map { (forecasts[$0.index].metric.name, $0.step.band) })
      let factors = PredictionFactors(
        entries.map { index, step in
          (forecasts[index].metric.name, step.factors(from: forecasts[index].lastValue, pools[index]))
        })
      let confidence = entries.reduce(0) { $0 + $1.step.confidence } / Double(entries.count)
      return Row(date: date, state: state.json, confidence: confidence, factors: factors.json)
    }
  }
}

extension MetricForecast.Step {
  fileprivate var band: PredictedBand {
    PredictedBand(mean: mean, lo80: lower80, hi80: upper80, lo95: lower95, hi95: upper95)
  }

  /// - Parameters:
  ///   - last: the last value observed.
  ///   - pool: the models that made the forecast.
  fileprivate func factors(from last: Double, _ pool: MetricForecast.Pool) -> MetricFactors {
    MetricFactors(
      level: level, trend: trend, season: seasonal, events: events,
      change: MetricFactors.Change(
        from: last, level: level - last, trend: trend, season: seasonal, events: events),
      models: pool.models, others: pool.others)
  }
}

extension MetricForecast {
  /// The models of a forecast, as each of its steps names them.
  fileprivate struct Pool {
    let models: [MetricFactors.Model]
    let others: MetricFactors.Others?
  }

  /// Models named in the factors of a row: ten for each of nine metrics would outweigh the prediction.
  private static let namedModels = 3

  fileprivate var pool: Pool {
    let others = members.dropFirst(Self.namedModels)
    return Pool(
      models: members.prefix(Self.namedModels).map {
        MetricFactors.Model(model: $0.name, weight: $0.weight, error: $0.error)
      },
      others: others.isEmpty
        ? nil : MetricFactors.Others(models: others.count, weight: others.reduce(0) { $0 + $1.weight }))
  }

  fileprivate var summary: MetricSummary {
    MetricSummary(
      model: members.first?.name, samples: history.presentCount, observations: observations,
      intervalSeconds: history.interval / .seconds(1), observedFrom: observedFrom, observedUntil: observedUntil,
      sum: total(dividedBy: 1), mean: total(dividedBy: Double(steps.count)),
      events: effects.map {
        MetricSummary.Event(
          event: $0.name, effect: $0.estimate, standardError: $0.standardError, shareUsed: $0.share)
      })
  }

  private func total(dividedBy divisor: Double) -> MetricSummary.Total {
    MetricSummary.Total(
      steps: steps.count, value: sum.value / divisor, lo80: sum.lower80 / divisor, hi80: sum.upper80 / divisor,
      lo95: sum.lower95 / divisor, hi95: sum.upper95 / divisor)
  }
}

import FoundationEssentials
import Queue
import Series
import Twins

/// The rows of one prediction, ready to be written.
public struct PredictionOutput: Sendable {
  /// One row of `twin_predictions`.
  struct Row: Sendable {
    let date: Date
    /// `{metric: {"mean", "lo80", "hi80", "lo95", "hi95"}}`
    let state: String
    /// 0…1: mean over the row's metrics of 1 - width of the 95 % interval / width of the metric's valid range (for an
    /// unbounded metric: of the values observed).
    let confidence: Double
    /// `{metric: {"level", "trend", "season", "models": [{"model", "weight"}]}}`: mean = level + trend + season, before
    /// it is kept within the metric's range; the models with the greatest say.
    let factors: String
  }

  /// One per step, by date.
  let rows: [Row]
  /// What it was made of; its metadata is that of all rows.
  let record: ResultRecord

  /// - Parameters:
  ///   - forecasts: by metric name, ascending.
  ///   - leftOut: metrics without a forecast, and why.
  init(
    _ input: PredictionInput, _ forecasts: [MetricForecast], leftOut: [(name: String, reason: String)],
    inputHash: String, job: Job
  ) {
    rows = Self.rows(forecasts)
    record = ResultRecord(
      twin: input.twin, inputHash: inputHash, readAt: input.readAt,
      metadata: Self.metadata(input, forecasts, leftOut, inputHash, job))
  }

  /// Models named in the factors of a row: ten for each of nine metrics would outweigh the prediction.
  private static let namedModels = 3

  /// Metrics on one grid share their rows; metrics of other intervals have dates of their own.
  private static func rows(_ forecasts: [MetricForecast]) -> [Row] {
    var byDate: [Date: [(forecast: MetricForecast, step: MetricForecast.Step)]] = [:]
    for forecast in forecasts {
      for (date, step) in zip(forecast.dates, forecast.steps) { byDate[date, default: []].append((forecast, step)) }
    }
    return byDate.sorted { $0.key < $1.key }.map { date, entries in
      var state = JSONWriter()
      state.object { state in
        for (forecast, step) in entries {
          state.key(forecast.metric.name)
          state.object {
            $0.member("mean", step.mean)
            $0.member("lo80", step.lower80)
            $0.member("hi80", step.upper80)
            $0.member("lo95", step.lower95)
            $0.member("hi95", step.upper95)
          }
        }
      }
      var factors = JSONWriter()
      factors.object { factors in
        for (forecast, step) in entries {
          factors.key(forecast.metric.name)
          factors.object { factor in
            factor.member("level", step.level)
            factor.member("trend", step.trend)
            factor.member("season", step.seasonal)
            factor.key("models")
            factor.array { models in
              for member in forecast.members.prefix(namedModels) {
                models.object {
                  $0.member("model", member.name)
                  $0.member("weight", member.weight)
                }
              }
            }
          }
        }
      }
      let confidence = entries.reduce(0) { $0 + $1.step.confidence } / Double(entries.count)
      return Row(date: date, state: state.text, confidence: confidence, factors: factors.text)
    }
  }

  private static func metadata(
    _ input: PredictionInput, _ forecasts: [MetricForecast], _ leftOut: [(name: String, reason: String)],
    _ inputHash: String, _ job: Job
  ) -> String {
    var json = JSONWriter()
    json.object { json in
      json.lineage(of: job, inputHash: inputHash, domain: input.domain.name)
      json.key("parameters")
      json.object { parameters in
        parameters.member("horizon", input.horizon)
        if let days = input.arguments.historyDays { parameters.member("history_days", days) }
        if let metrics = input.arguments.metrics { parameters.member("metrics", metrics) }
      }
      json.key("metrics")
      json.object { metrics in
        for forecast in forecasts {
          metrics.key(forecast.metric.name)
          metrics.object {
            if let first = forecast.members.first { $0.member("model", first.name) }
            $0.member("n", forecast.history.presentCount)
            $0.member("observations", forecast.observations)
            $0.member("interval_seconds", forecast.history.interval / .seconds(1))
            $0.member("observed_from", forecast.observedFrom.formatted(.iso8601))
            $0.member("observed_until", forecast.observedUntil.formatted(.iso8601))
          }
        }
      }
      if input.skipped > 0 { json.member("values_skipped", input.skipped) }
      json.leftOut(leftOut)
    }
    return json.text
  }
}

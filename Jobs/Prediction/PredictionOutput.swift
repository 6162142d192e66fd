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
    /// `{metric: {"mean", "lo80", "hi80", "lo95", "hi95"}}`
    let state: String
    /// 0…1: mean over the row's metrics of 1 - width of the 95 % interval / width of the metric's valid range (for an
    /// unbounded metric: of the values observed).
    let confidence: Double
    /// `{metric: {"level", "trend", "season", "events", "change": {"from", "level", "trend", "season", "events", "driver"},
    /// "models": [{"model", "weight", "error"}], "others": {"models", "weight"}}}`: mean = level + trend + season +
    /// events, before it is kept within the metric's range. The change is that from the last value observed: its parts
    /// are how far that was from the level, and what trend, season and events add; the driver is the largest. The models
    /// with the greatest say, with their rolling error in units of the naive forecast's, and the rest of them.
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
            factor.member("events", step.events)
            factor.key("change")
            factor.object { change(&$0, step, from: forecast.lastValue) }
            factor.key("models")
            factor.array { models in
              for member in forecast.members.prefix(namedModels) {
                models.object {
                  $0.member("model", member.name)
                  $0.member("weight", member.weight)
                  if let error = member.error { $0.member("error", error) }
                }
              }
            }
            let others = forecast.members.dropFirst(namedModels)
            if !others.isEmpty {
              factor.key("others")
              factor.object {
                $0.member("models", others.count)
                $0.member("weight", others.reduce(0) { $0 + $1.weight })
              }
            }
          }
        }
      }
      let confidence = entries.reduce(0) { $0 + $1.step.confidence } / Double(entries.count)
      return Row(date: date, state: state.text, confidence: confidence, factors: factors.text)
    }
  }

  /// What takes the metric from its last value to a step; `driver` is the largest part, the first of equals.
  private static func change(_ json: inout JSONWriter, _ step: MetricForecast.Step, from last: Double) {
    let parts = [
      ("level", step.level - last), ("trend", step.trend), ("season", step.seasonal), ("events", step.events),
    ]
    json.member("from", last)
    var driver = parts[0]
    for part in parts {
      json.member(part.0, part.1)
      if abs(part.1) > abs(driver.1) { driver = part }
    }
    json.member("driver", driver.1 == 0 ? "none" : driver.0)
  }

  /// `"sum"`: over all steps, with its intervals, and the same of the mean. `"events"`: what one unit of each event adds,
  /// with its standard error, and how much of that is used.
  private static func figures(_ json: inout JSONWriter, _ forecast: MetricForecast) {
    let sum = forecast.sum
    let count = Double(forecast.steps.count)
    for (name, divisor) in [("sum", 1.0), ("mean", count)] {
      json.key(name)
      json.object {
        $0.member("steps", forecast.steps.count)
        $0.member(name, sum.value / divisor)
        $0.member("lo80", sum.lower80 / divisor)
        $0.member("hi80", sum.upper80 / divisor)
        $0.member("lo95", sum.lower95 / divisor)
        $0.member("hi95", sum.upper95 / divisor)
      }
    }
    guard !forecast.effects.isEmpty else { return }
    json.key("events")
    json.array { list in
      for effect in forecast.effects {
        list.object {
          $0.member("event", effect.name)
          $0.member("effect", effect.estimate)
          $0.member("standard_error", effect.standardError)
          $0.member("share_used", effect.share)
        }
      }
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
            figures(&$0, forecast)
          }
        }
      }
      if input.skipped > 0 { json.member("values_skipped", input.skipped) }
      json.leftOut(leftOut)
    }
    return json.text
  }
}

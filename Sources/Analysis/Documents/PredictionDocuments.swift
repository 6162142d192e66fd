import FoundationEssentials

/// `twin_predictions.predicted_state`: the forecast of a step, by metric.
package typealias PredictedState = NamedValues<PredictedBand>

/// Mean and intervals of a metric at one step.
package struct PredictedBand: JSONObject, Decodable, Equatable {
  package let mean: Double
  package let lo80: Double
  package let hi80: Double
  package let lo95: Double
  package let hi95: Double

  package init(mean: Double, lo80: Double, hi80: Double, lo95: Double, hi95: Double) {
    self.mean = mean
    self.lo80 = lo80
    self.hi80 = hi80
    self.lo95 = lo95
    self.hi95 = hi95
  }

  private enum CodingKeys: String, CodingKey {
    case mean, lo80, hi80, lo95, hi95
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.mean, mean)
    json.member(CodingKeys.lo80, lo80)
    json.member(CodingKeys.hi80, hi80)
    json.member(CodingKeys.lo95, lo95)
    json.member(CodingKeys.hi95, hi95)
  }
}

/// `twin_predictions.factors`: what the forecast of a step is made of, by metric.
package typealias PredictionFactors = NamedValues<MetricFactors>

/// The parts of a metric's forecast at one step: mean = level + trend + season + events, before it is kept
/// within the metric's range.
package struct MetricFactors: JSONObject, Decodable, Equatable {
  /// Where the series stands.
  package let level: Double
  /// The trend's part up to this step.
  package let trend: Double
  package let season: Double
  /// The part of events, beyond what they add now.
  package let events: Double
  package let change: Change
  /// The models with the greatest say, by descending weight.
  package let models: [Model]
  /// The models that are not named.
  package let others: Others?

  /// The way from the metric's last value to the step.
  package struct Change: JSONObject, Decodable, Equatable {
    /// The last value observed.
    package let from: Double
    /// How far that was from the level.
    package let level: Double
    package let trend: Double
    package let season: Double
    package let events: Double
    /// The name of the largest part, the first of equals; "none" when all are 0.
    package let driver: String

    package init(from: Double, level: Double, trend: Double, season: Double, events: Double) {
      self.from = from
      self.level = level
      self.trend = trend
      self.season = season
      self.events = events
      var (driver, size) = (CodingKeys.level, abs(level))
      for (part, value) in [(CodingKeys.trend, trend), (.season, season), (.events, events)] where abs(value) > size {
        (driver, size) = (part, abs(value))
      }
      self.driver = size == 0 ? "none" : driver.rawValue
    }

    private enum CodingKeys: String, CodingKey {
      case from, level, trend, season, events, driver
    }

    package func writeMembers(to json: inout JSONWriter) {
      json.member(CodingKeys.from, from)
      json.member(CodingKeys.level, level)
      json.member(CodingKeys.trend, trend)
      json.member(CodingKeys.season, season)
      json.member(CodingKeys.events, events)
      json.member(CodingKeys.driver, driver)
    }
  }

  /// A model of the pool.
  package struct Model: JSONObject, Decodable, Equatable {
    package let model: String
    package let weight: Double
    /// Its rolling error in units of the naive forecast's.
    package let error: Double?

    package init(model: String, weight: Double, error: Double?) {
      self.model = model
      self.weight = weight
      self.error = error
    }

    private enum CodingKeys: String, CodingKey {
      case model, weight, error
    }

    package func writeMembers(to json: inout JSONWriter) {
      json.member(CodingKeys.model, model)
      json.member(CodingKeys.weight, weight)
      json.member(CodingKeys.error, ifPresent: error)
    }
  }

  /// The models that are not named.
  package struct Others: JSONObject, Decodable, Equatable {
    /// How many.
    package let models: Int
    /// Their weights together.
    package let weight: Double

    package init(models: Int, weight: Double) {
      self.models = models
      self.weight = weight
    }

    private enum CodingKeys: String, CodingKey {
      case models, weight
    }

    package func writeMembers(to json: inout JSONWriter) {
      json.member(CodingKeys.models, models)
      json.member(CodingKeys.weight, weight)
    }
  }

  package init(
    level: Double, trend: Double, season: Double, events: Double, change: Change, models: [Model], others: Others?
  ) {
    self.level = level
    self.trend = trend
    self.season = season
    self.events = events
    self.change = change
    self.models = models
    self.others = others
  }

  private enum CodingKeys: String, CodingKey {
    case level, trend, season, events, change, models, others
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.level, level)
    json.member(CodingKeys.trend, trend)
    json.member(CodingKeys.season, season)
    json.member(CodingKeys.events, events)
    json.member(CodingKeys.change, change)
    json.member(CodingKeys.models, models)
    json.member(CodingKeys.others, ifPresent: others)
  }
}

/// `twin_predictions.metadata`, and the summary of a prediction.
package struct PredictionMetadata: JSONObject, Equatable {
  package let lineage: Lineage
  package let parameters: Parameters
  package let metrics: NamedValues<MetricSummary>
  /// Values that were there and could not be used.
  package let valuesSkipped: Int
  /// Metrics without a forecast, and why.
  package let leftOut: NamedValues<String>

  /// The arguments of the job, with defaults filled in.
  package struct Parameters: JSONObject, Decodable, Equatable {
    package let horizon: Int
    package let historyDays: Int?
    package let metrics: [String]?

    package init(horizon: Int, historyDays: Int?, metrics: [String]?) {
      self.horizon = horizon
      self.historyDays = historyDays
      self.metrics = metrics
    }

    private enum CodingKeys: String, CodingKey {
      case horizon, metrics
      case historyDays = "history_days"
    }

    package func writeMembers(to json: inout JSONWriter) {
      json.member(CodingKeys.horizon, horizon)
      json.member(CodingKeys.historyDays, ifPresent: historyDays)
      json.member(CodingKeys.metrics, ifPresent: metrics)
    }
  }

  package init(
    lineage: Lineage, parameters: Parameters, metrics: NamedValues<MetricSummary>, valuesSkipped: Int,
    leftOut: NamedValues<String>
  ) {
    self.lineage = lineage
    self.parameters = parameters
    self.metrics = metrics
    self.valuesSkipped = valuesSkipped
    self.leftOut = leftOut
  }

  package func writeMembers(to json: inout JSONWriter) {
    lineage.writeMembers(to: &json)
    json.member(CodingKeys.parameters, parameters)
    json.member(CodingKeys.metrics, metrics)
    json.member(CodingKeys.valuesSkipped, ifPresent: valuesSkipped > 0 ? valuesSkipped : nil)
    json.member(CodingKeys.leftOut, ifPresent: leftOut.isEmpty ? nil : leftOut)
  }
}

extension PredictionMetadata: Decodable {
  private enum CodingKeys: String, CodingKey {
    case parameters, metrics
    case valuesSkipped = "values_skipped"
    case leftOut = "left_out"
  }

  package init(from decoder: any Decoder) throws {
    lineage = try Lineage(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    parameters = try container.decode(Parameters.self, forKey: .parameters)
    metrics = try container.decode(NamedValues<MetricSummary>.self, forKey: .metrics)
    valuesSkipped = try container.decodeIfPresent(Int.self, forKey: .valuesSkipped) ?? 0
    leftOut = try container.decodeIfPresent(NamedValues<String>.self, forKey: .leftOut) ?? NamedValues()
  }
}

/// One metric of a prediction as a whole.
package struct MetricSummary: JSONObject, Decodable, Equatable {
  /// The model with the greatest say.
  package let model: String?
  /// Samples on the grid that the forecast was made from.
  package let samples: Int
  /// Observations that went into them.
  package let observations: Int
  package let intervalSeconds: Double
  package let observedFrom: String
  package let observedUntil: String
  /// Over all steps.
  package let sum: Total
  /// The same, divided by the number of steps.
  package let mean: Total
  /// Effects of events on the metric; nil = none has an effect.
  package let events: [Event]?

  /// A sum or mean over the steps, with its intervals.
  package struct Total: Decodable, Equatable, Sendable {
    package let steps: Int
    package let value: Double
    package let lo80: Double
    package let hi80: Double
    package let lo95: Double
    package let hi95: Double

    package init(steps: Int, value: Double, lo80: Double, hi80: Double, lo95: Double, hi95: Double) {
      self.steps = steps
      self.value = value
      self.lo80 = lo80
      self.hi80 = hi80
      self.lo95 = lo95
      self.hi95 = hi95
    }

    private enum CodingKeys: String, CodingKey {
      case steps, sum, mean, lo80, hi80, lo95, hi95
    }

    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      steps = try container.decode(Int.self, forKey: .steps)
      value =
        try container.decodeIfPresent(Double.self, forKey: .sum) ?? container.decode(Double.self, forKey: .mean)
      lo80 = try container.decode(Double.self, forKey: .lo80)
      hi80 = try container.decode(Double.self, forKey: .hi80)
      lo95 = try container.decode(Double.self, forKey: .lo95)
      hi95 = try container.decode(Double.self, forKey: .hi95)
    }

    fileprivate func write(to json: inout JSONWriter, isMean: Bool) {
      json.object {
        $0.member(CodingKeys.steps, steps)
        $0.member(isMean ? CodingKeys.mean : .sum, value)
        $0.member(CodingKeys.lo80, lo80)
        $0.member(CodingKeys.hi80, hi80)
        $0.member(CodingKeys.lo95, lo95)
        $0.member(CodingKeys.hi95, hi95)
      }
    }
  }

  /// The effect of one unit of an event on the metric.
  package struct Event: JSONObject, Decodable, Equatable {
    package let event: String
    package let effect: Double
    package let standardError: Double
    /// How much of the effect the forecast uses, 0…1.
    package let shareUsed: Double

    package init(event: String, effect: Double, standardError: Double, shareUsed: Double) {
      self.event = event
      self.effect = effect
      self.standardError = standardError
      self.shareUsed = shareUsed
    }

    private enum CodingKeys: String, CodingKey {
      case event, effect
      case standardError = "standard_error"
      case shareUsed = "share_used"
    }

    package func writeMembers(to json: inout JSONWriter) {
      json.member(CodingKeys.event, event)
      json.member(CodingKeys.effect, effect)
      json.member(CodingKeys.standardError, standardError)
      json.member(CodingKeys.shareUsed, shareUsed)
    }
  }

  package init(
    model: String?, samples: Int, observations: Int, intervalSeconds: Double, observedFrom: Date, observedUntil: Date,
    sum: Total, mean: Total, events: [Event]
  ) {
    self.model = model
    self.samples = samples
    self.observations = observations
    self.intervalSeconds = intervalSeconds
    self.observedFrom = observedFrom.formatted(.iso8601)
    self.observedUntil = observedUntil.formatted(.iso8601)
    self.sum = sum
    self.mean = mean
    self.events = events.isEmpty ? nil : events
  }

  private enum CodingKeys: String, CodingKey {
    case model, observations, sum, mean, events
    case samples = "n"
    case intervalSeconds = "interval_seconds"
    case observedFrom = "observed_from"
    case observedUntil = "observed_until"
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.model, ifPresent: model)
    json.member(CodingKeys.samples, samples)
    json.member(CodingKeys.observations, observations)
    json.member(CodingKeys.intervalSeconds, intervalSeconds)
    json.member(CodingKeys.observedFrom, observedFrom)
    json.member(CodingKeys.observedUntil, observedUntil)
    json.key(CodingKeys.sum)
    sum.write(to: &json, isMean: false)
    json.key(CodingKeys.mean)
    mean.write(to: &json, isMean: true)
    json.member(CodingKeys.events, ifPresent: events)
  }
}

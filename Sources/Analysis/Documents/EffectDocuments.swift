import FoundationEssentials

/// The conclusion from an estimate, in the words of `product_effects`.
package enum EffectVerdict: String, Sendable, Hashable, Decodable {
  case better, worse
  /// It changed, and which way is better is not known.
  case changed
  /// The interval holds 0, the twin's other estimates make a change by chance too likely, or something else explains it
  /// as well.
  case noEvidence = "no_evidence"
}

/// `product_effects.observed_effects`: what an intervention did to the metrics.
package struct EffectDocument: JSONObject, Equatable {
  /// The thing used or done, such as a product's id or name.
  package let factor: String
  /// `product`, `operation` …
  package let factorType: String
  /// The stem of the event types.
  package let event: String
  /// The intervention's name for people, such as "product".
  package let label: String
  package let metrics: [MetricEffectDocument]
  /// Metrics of which nothing can be said.
  package let notEnough: [Reason]

  /// Why nothing can be said of a metric.
  package struct Reason: JSONObject, Decodable, Equatable {
    package let metric: String
    package let reason: String

    package init(metric: String, reason: String) {
      self.metric = metric
      self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
      case metric, reason
    }

    package func writeMembers(to json: inout JSONWriter) {
      json.member(CodingKeys.metric, metric)
      json.member(CodingKeys.reason, reason)
    }
  }

  package init(
    factor: String, factorType: String, event: String, label: String, metrics: [MetricEffectDocument],
    notEnough: [Reason]
  ) {
    self.factor = factor
    self.factorType = factorType
    self.event = event
    self.label = label
    self.metrics = metrics
    self.notEnough = notEnough
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.factor, factor)
    json.member(CodingKeys.factorType, factorType)
    json.member(CodingKeys.event, event)
    json.member(CodingKeys.label, label)
    json.member(CodingKeys.metrics, metrics)
    json.member(CodingKeys.notEnough, notEnough)
  }
}

extension EffectDocument: Decodable {
  private enum CodingKeys: String, CodingKey {
    case factor, event, label, metrics
    case factorType = "factor_type"
    case notEnough = "not_enough"
  }

  /// The effects themselves must be there; what only explains them may have been taken out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    factor = try container.decode(String.self, forKey: .factor)
    factorType = try container.decodeIfPresent(String.self, forKey: .factorType) ?? "product"
    event = try container.decodeIfPresent(String.self, forKey: .event) ?? factorType
    label = try container.decodeIfPresent(String.self, forKey: .label) ?? factorType
    metrics = try container.decode([MetricEffectDocument].self, forKey: .metrics)
    notEnough = try container.decodeIfPresent([Reason].self, forKey: .notEnough) ?? []
  }
}

/// The effect on one metric: mean level change from the start on. `product_effects.side_effects` is a list of those for
/// the worse.
package struct MetricEffectDocument: JSONObject, Hashable {
  package let metric: String
  package let label: String
  package let unit: String
  package let effect: Double
  /// Lower bound of the 95 % interval.
  package let lower: Double
  /// Upper bound of the 95 % interval.
  package let upper: Double
  package let p: Double
  /// Corrected for the metrics tried.
  package let q: Double
  /// Observations before the start.
  package let before: Int
  /// Observations after the start.
  package let after: Int
  package let verdict: EffectVerdict
  /// In standard deviations of the metric before the start. No number where a constant has no spread: null in JSON,
  /// and read as 0.
  package let relative: Double
  /// Why there is no verdict where the interval alone would give one; nil in all other cases.
  package let doubt: String?

  package init(
    metric: String, label: String, unit: String, effect: Double, lower: Double, upper: Double, p: Double, q: Double,
    before: Int, after: Int, verdict: EffectVerdict, relative: Double, doubt: String?
  ) {
    self.metric = metric
    self.label = label
    self.unit = unit
    self.effect = effect
    self.lower = lower
    self.upper = upper
    self.p = p
    self.q = q
    self.before = before
    self.after = after
    self.verdict = verdict
    self.relative = relative
    self.doubt = doubt
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.metric, metric)
    json.member(CodingKeys.label, label)
    json.member(CodingKeys.unit, unit)
    json.member(CodingKeys.effect, effect)
    json.member(CodingKeys.lower, lower)
    json.member(CodingKeys.upper, upper)
    json.member(CodingKeys.p, p)
    json.member(CodingKeys.q, q)
    json.member(CodingKeys.before, before)
    json.member(CodingKeys.after, after)
    json.member(CodingKeys.verdict, verdict.rawValue)
    json.member(CodingKeys.relative, relative)
    if let doubt { json.member(CodingKeys.doubt, doubt) }
  }
}

extension MetricEffectDocument: Decodable {
  private enum CodingKeys: String, CodingKey {
    case metric, label, unit, effect, p, q, verdict, relative, doubt
    case lower = "lo95"
    case upper = "hi95"
    case before = "n_before"
    case after = "n_after"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    metric = try container.decode(String.self, forKey: .metric)
    label = try container.decodeIfPresent(String.self, forKey: .label) ?? metric
    unit = try container.decodeIfPresent(String.self, forKey: .unit) ?? ""
    effect = try container.decode(Double.self, forKey: .effect)
    lower = try container.decode(Double.self, forKey: .lower)
    upper = try container.decode(Double.self, forKey: .upper)
    p = try container.decode(Double.self, forKey: .p)
    q = try container.decode(Double.self, forKey: .q)
    before = try container.decode(Int.self, forKey: .before)
    after = try container.decode(Int.self, forKey: .after)
    verdict = try container.decode(EffectVerdict.self, forKey: .verdict)
    relative = try container.decodeIfPresent(Double.self, forKey: .relative) ?? 0
    doubt = try container.decodeIfPresent(String.self, forKey: .doubt)
  }
}

/// The summary of a job of kind `effect`, and what the program adds to `product_effects.metadata`.
package struct EffectMetadata: JSONObject, Equatable {
  package let lineage: Lineage
  package let parameters: Parameters
  package let interventions: Int
  package let estimates: Int
  /// Estimates with a verdict.
  package let findings: Int
  /// Why there are no estimates.
  package let nothingFound: String?
  /// Interventions beyond the most that one job judges.
  package let olderInterventionsLeftOut: Int
  /// Values that were there and could not be used.
  package let valuesSkipped: Int
  /// Metrics and factors that were not used, and why.
  package let leftOut: NamedValues<String>

  /// The arguments of the job, with defaults filled in.
  package struct Parameters: JSONObject, Decodable, Equatable {
    package let historyDays: Int?
    package let metrics: [String]?
    package let factors: [String]?

    package init(historyDays: Int?, metrics: [String]?, factors: [String]?) {
      self.historyDays = historyDays
      self.metrics = metrics
      self.factors = factors
    }

    private enum CodingKeys: String, CodingKey {
      case metrics, factors
      case historyDays = "history_days"
    }

    package func writeMembers(to json: inout JSONWriter) {
      json.member(CodingKeys.historyDays, ifPresent: historyDays)
      json.member(CodingKeys.metrics, ifPresent: metrics)
      json.member(CodingKeys.factors, ifPresent: factors)
    }
  }

  package init(
    lineage: Lineage, parameters: Parameters, interventions: Int, estimates: Int, findings: Int, nothingFound: String?,
    olderInterventionsLeftOut: Int, valuesSkipped: Int, leftOut: NamedValues<String>
  ) {
    self.lineage = lineage
    self.parameters = parameters
    self.interventions = interventions
    self.estimates = estimates
    self.findings = findings
    self.nothingFound = nothingFound
    self.olderInterventionsLeftOut = olderInterventionsLeftOut
    self.valuesSkipped = valuesSkipped
    self.leftOut = leftOut
  }

  package func writeMembers(to json: inout JSONWriter) {
    lineage.writeMembers(to: &json)
    json.member(CodingKeys.parameters, parameters)
    json.member(CodingKeys.interventions, interventions)
    json.member(CodingKeys.estimates, estimates)
    json.member(CodingKeys.findings, findings)
    json.member(CodingKeys.nothingFound, ifPresent: nothingFound)
    let older = olderInterventionsLeftOut
    json.member(CodingKeys.olderInterventionsLeftOut, ifPresent: older > 0 ? older : nil)
    json.member(CodingKeys.valuesSkipped, ifPresent: valuesSkipped > 0 ? valuesSkipped : nil)
    json.member(CodingKeys.leftOut, ifPresent: leftOut.isEmpty ? nil : leftOut)
  }
}

extension EffectMetadata: Decodable {
  private enum CodingKeys: String, CodingKey {
    case parameters, interventions, estimates, findings
    case nothingFound = "nothing_found"
    case olderInterventionsLeftOut = "older_interventions_left_out"
    case valuesSkipped = "values_skipped"
    case leftOut = "left_out"
  }

  package init(from decoder: any Decoder) throws {
    lineage = try Lineage(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    parameters = try container.decode(Parameters.self, forKey: .parameters)
    interventions = try container.decode(Int.self, forKey: .interventions)
    estimates = try container.decode(Int.self, forKey: .estimates)
    findings = try container.decode(Int.self, forKey: .findings)
    nothingFound = try container.decodeIfPresent(String.self, forKey: .nothingFound)
    olderInterventionsLeftOut = try container.decodeIfPresent(Int.self, forKey: .olderInterventionsLeftOut) ?? 0
    valuesSkipped = try container.decodeIfPresent(Int.self, forKey: .valuesSkipped) ?? 0
    leftOut = try container.decodeIfPresent(NamedValues<String>.self, forKey: .leftOut) ?? NamedValues()
  }
}

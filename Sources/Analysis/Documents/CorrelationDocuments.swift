import FoundationEssentials

/// `twin_correlations.observations`: a significant correlation of a factor with a metric.
package struct CorrelationDocument: JSONObject, Equatable {
  package let metric: String
  package let metricLabel: String
  package let factorLabel: String?
  /// Sampling intervals from the factor to the metric.
  package let lag: Int
  package let lagSeconds: Double
  /// `rises_with` or `falls_with`.
  package let direction: String
  /// Partial, given the other factors found; -1…1.
  package let r: Double
  /// The same by normal scores, which outliers hardly move: what p and q are of.
  package let rankR: Double
  package let n: Int
  package let p: Double
  /// Counts every pair tried.
  package let q: Double
  package let pairsTried: Int
  /// The first observed sample of the metric.
  package let from: Date?
  /// The last observed sample of the metric.
  package let until: Date?
  /// Whether other factors are taken into account.
  package let partial: Bool

  package init(
    metric: String, metricLabel: String, factorLabel: String, lag: Int, lagSeconds: Double, rises: Bool, r: Double,
    rankR: Double, n: Int, p: Double, q: Double, pairsTried: Int, from: Date, until: Date
  ) {
    self.metric = metric
    self.metricLabel = metricLabel
    self.factorLabel = factorLabel
    self.lag = lag
    self.lagSeconds = lagSeconds
    direction = rises ? "rises_with" : "falls_with"
    self.r = r
    self.rankR = rankR
    self.n = n
    self.p = p
    self.q = q
    self.pairsTried = pairsTried
    self.from = from
    self.until = until
    partial = true
  }

  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.metric, metric)
    json.member(CodingKeys.metricLabel, metricLabel)
    json.member(CodingKeys.factorLabel, ifPresent: factorLabel)
    json.member(CodingKeys.lag, lag)
    json.member(CodingKeys.lagSeconds, lagSeconds)
    json.member(CodingKeys.direction, direction)
    json.member(CodingKeys.r, r)
    json.member(CodingKeys.rankR, rankR)
    json.member(CodingKeys.n, n)
    json.member(CodingKeys.p, p)
    json.member(CodingKeys.q, q)
    json.member(CodingKeys.pairsTried, pairsTried)
    json.member(CodingKeys.from, ifPresent: from)
    json.member(CodingKeys.until, ifPresent: until)
    json.member(CodingKeys.partial, partial)
  }
}

extension CorrelationDocument: Decodable {
  private enum CodingKeys: String, CodingKey {
    case metric, lag, direction, r, n, p, q, from, until, partial
    case metricLabel = "metric_label"
    case factorLabel = "factor_label"
    case lagSeconds = "lag_seconds"
    case rankR = "rank_r"
    case pairsTried = "pairs_tried"
  }

  /// The finding itself must be there; what only explains it may have been taken out.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    metric = try container.decode(String.self, forKey: .metric)
    metricLabel = try container.decodeIfPresent(String.self, forKey: .metricLabel) ?? metric
    factorLabel = try container.decodeIfPresent(String.self, forKey: .factorLabel)
    lag = try container.decodeIfPresent(Int.self, forKey: .lag) ?? 0
    lagSeconds = try container.decode(Double.self, forKey: .lagSeconds)
    direction = try container.decodeIfPresent(String.self, forKey: .direction) ?? ""
    r = try container.decode(Double.self, forKey: .r)
    rankR = try container.decodeIfPresent(Double.self, forKey: .rankR) ?? r
    n = try container.decode(Int.self, forKey: .n)
    p = try container.decode(Double.self, forKey: .p)
    q = try container.decode(Double.self, forKey: .q)
    pairsTried = try container.decodeIfPresent(Int.self, forKey: .pairsTried) ?? 1
    from = try container.decodeInstantIfPresent(forKey: .from)
    until = try container.decodeInstantIfPresent(forKey: .until)
    partial = try container.decodeIfPresent(Bool.self, forKey: .partial) ?? false
  }
}

/// The summary of a correlation, and `twin_correlations.metadata`.
package struct CorrelationMetadata: JSONObject, Equatable {
  package let lineage: Lineage
  package let parameters: Parameters
  /// Pairs tested, significant or not.
  package let pairsTried: Int
  package let findings: Int
  /// Why there are none.
  package let nothingFound: String?
  /// Values that were there and could not be used.
  package let valuesSkipped: Int
  /// Metrics and factors that were not tried, and why.
  package let leftOut: NamedValues<String>

  /// The arguments of the job, with defaults filled in.
  package struct Parameters: JSONObject, Decodable, Equatable {
    package let maxLag: Int
    package let fdr: Double
    package let historyDays: Int?
    package let metrics: [String]?
    package let factors: [String]?

    package init(maxLag: Int, fdr: Double, historyDays: Int?, metrics: [String]?, factors: [String]?) {
      self.maxLag = maxLag
      self.fdr = fdr
      self.historyDays = historyDays
      self.metrics = metrics
      self.factors = factors
    }

    private enum CodingKeys: String, CodingKey {
      case fdr, metrics, factors
      case maxLag = "max_lag"
      case historyDays = "history_days"
    }

    package func writeMembers(to json: inout JSONWriter) {
      json.member(CodingKeys.maxLag, maxLag)
      json.member(CodingKeys.fdr, fdr)
      json.member(CodingKeys.historyDays, ifPresent: historyDays)
      json.member(CodingKeys.metrics, ifPresent: metrics)
      json.member(CodingKeys.factors, ifPresent: factors)
    }
  }

  package init(
    lineage: Lineage, parameters: Parameters, pairsTried: Int, findings: Int, nothingFound: String?, valuesSkipped: Int,
    leftOut: NamedValues<String>
  ) {
    self.lineage = lineage
    self.parameters = parameters
    self.pairsTried = pairsTried
    self.findings = findings
    self.nothingFound = nothingFound
    self.valuesSkipped = valuesSkipped
    self.leftOut = leftOut
  }

  package func writeMembers(to json: inout JSONWriter) {
    lineage.writeMembers(to: &json)
    json.member(CodingKeys.parameters, parameters)
    json.member(CodingKeys.pairsTried, pairsTried)
    json.member(CodingKeys.findings, findings)
    json.member(CodingKeys.nothingFound, ifPresent: nothingFound)
    json.member(CodingKeys.valuesSkipped, ifPresent: valuesSkipped > 0 ? valuesSkipped : nil)
    json.member(CodingKeys.leftOut, ifPresent: leftOut.isEmpty ? nil : leftOut)
  }
}

extension CorrelationMetadata: Decodable {
  private enum CodingKeys: String, CodingKey {
    case parameters, findings
    case pairsTried = "pairs_tried"
    case nothingFound = "nothing_found"
    case valuesSkipped = "values_skipped"
    case leftOut = "left_out"
  }

  package init(from decoder: any Decoder) throws {
    lineage = try Lineage(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    parameters = try container.decode(Parameters.self, forKey: .parameters)
    pairsTried = try container.decode(Int.self, forKey: .pairsTried)
    findings = try container.decode(Int.self, forKey: .findings)
    nothingFound = try container.decodeIfPresent(String.self, forKey: .nothingFound)
    valuesSkipped = try container.decodeIfPresent(Int.self, forKey: .valuesSkipped) ?? 0
    leftOut = try container.decodeIfPresent(NamedValues<String>.self, forKey: .leftOut) ?? NamedValues()
  }
}

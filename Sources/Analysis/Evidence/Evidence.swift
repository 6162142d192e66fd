import FoundationEssentials
import Queue

/// One number (or date, or name with digits) that a text rests on, and where it comes from. An element of
/// `twin_insights.data_points` and of `rests_on` in `twin_recommendations.metadata`.
package struct Evidence: Sendable, Hashable {
  /// Where it was taken from.
  package enum Source: String, Sendable, Hashable, Decodable {
    /// The twin's observations, summarised by the job itself.
    case observation
    /// A statistic of the twin's observations: trend, change point, anomaly score, quality.
    case detection
    /// `twin_predictions`.
    case prediction
    /// `twin_correlations`.
    case correlation
    /// `product_effects`.
    case effect
  }

  package let source: Source
  /// The job whose row it was read from; for what was computed here, this job.
  package let job: JobID
  /// The metric's name; empty when it is about no metric.
  package let metric: String
  /// The metric's name for people.
  package let label: String
  /// Of `value`.
  package let unit: String
  /// The quantity: `mean`, `lo95`, `n` …
  package let name: String
  /// nil for dates and names.
  package var value: Double?
  /// Exactly as it is printed; nil when it is not.
  package var text: String?
  /// The instant it is about, or …
  package var at: Date?
  /// … the stretch.
  package var from: Date?
  /// See `from`.
  package var until: Date?

  package init(
    source: Source, job: JobID, metric: String, label: String, unit: String, name: String, value: Double? = nil,
    text: String? = nil, at: Date? = nil, from: Date? = nil, until: Date? = nil
  ) {
    self.source = source
    self.job = job
    self.metric = metric
    self.label = label
    self.unit = unit
    self.name = name
    self.value = value
    self.text = text
    self.at = at
    self.from = from
    self.until = until
  }
}

extension Evidence: JSONObject {
  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.source, source.rawValue)
    json.member(CodingKeys.job, job)
    if !metric.isEmpty {
      json.member(CodingKeys.metric, metric)
      json.member(CodingKeys.label, label)
    }
    json.member(CodingKeys.unit, unit)
    json.member(CodingKeys.name, name)
    json.key(CodingKeys.value)
    if let value { json.value(value) } else { json.null() }
    json.key(CodingKeys.text)
    if let text { json.value(text) } else { json.null() }
    json.member(CodingKeys.at, ifPresent: at)
    json.member(CodingKeys.from, ifPresent: from)
    json.member(CodingKeys.until, ifPresent: until)
  }
}

extension Evidence: Decodable {
  private enum CodingKeys: String, CodingKey {
    case source, metric, label, unit, name, value, text, at, from, until
    case job = "job_id"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    source = try container.decode(Source.self, forKey: .source)
    job = try container.decode(JobID.self, forKey: .job)
    metric = try container.decodeIfPresent(String.self, forKey: .metric) ?? ""
    label = try container.decodeIfPresent(String.self, forKey: .label) ?? ""
    unit = try container.decode(String.self, forKey: .unit)
    name = try container.decode(String.self, forKey: .name)
    value = try container.decodeIfPresent(Double.self, forKey: .value)
    text = try container.decodeIfPresent(String.self, forKey: .text)
    at = try container.decodeInstantIfPresent(forKey: .at)
    from = try container.decodeInstantIfPresent(forKey: .from)
    until = try container.decodeInstantIfPresent(forKey: .until)
  }
}

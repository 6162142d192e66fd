import FoundationEssentials
import Queue

/// One number (or date, or name with digits) that a text rests on, and where it comes from.
package struct Evidence: Sendable, Hashable {
  /// What it was taken from.
  package enum Source: String, Sendable, Hashable {
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
  /// What it is: `mean`, `lo95`, `n` …
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

  /// Writes it as an element of `data_points`.
  package func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("source", source.rawValue)
      json.member("job_id", job)
      if !metric.isEmpty {
        json.member("metric", metric)
        json.member("label", label)
      }
      json.member("unit", unit)
      json.member("name", name)
      json.key("value")
      if let value { json.value(value) } else { json.null() }
      json.key("text")
      if let text { json.value(text) } else { json.null() }
      if let at { json.member("at", at.formatted(.iso8601)) }
      if let from { json.member("from", from.formatted(.iso8601)) }
      if let until { json.member("until", until.formatted(.iso8601)) }
    }
  }
}

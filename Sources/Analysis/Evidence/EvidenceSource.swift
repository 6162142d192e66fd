import FoundationEssentials
import Queue
import Twins

/// Makes the evidence of one source about one metric.
package struct EvidenceSource: Sendable {
  package let source: Evidence.Source
  package let job: JobID
  package let metric: String
  package let label: String
  package let unit: String

  /// Of a metric of the twin.
  package init(_ source: Evidence.Source, job: JobID, metric: Metric) {
    self.init(source, job: job, metric: metric.name, label: metric.label, unit: metric.unit)
  }

  /// Of anything; `metric` may be empty.
  package init(_ source: Evidence.Source, job: JobID, metric: String = "", label: String = "", unit: String = "") {
    self.source = source
    self.job = job
    self.metric = metric
    self.label = label
    self.unit = unit
  }

  /// A number in the metric's unit.
  package func value(_ name: String, _ value: Double, at: Date? = nil, from: Date? = nil, until: Date? = nil)
    -> Evidence
  {
    make(name, value, NumberText.text(value), unit, at: at, from: from, until: until)
  }

  /// A number without a unit, such as a correlation.
  package func pure(_ name: String, _ value: Double, digits: Int = NumberText.significantDigits) -> Evidence {
    make(name, value, NumberText.text(value, digits: digits), "")
  }

  /// A whole number of things.
  package func count(_ name: String, _ count: Int, of unit: String = "", from: Date? = nil, until: Date? = nil)
    -> Evidence
  {
    make(name, Double(count), String(count), unit, from: from, until: until)
  }

  /// A share or chance, printed in percent: whole percents, kept between 1 and 99 unless it is exactly 0 or 1.
  package func percent(_ name: String, _ share: Double, at: Date? = nil) -> Evidence {
    let rounded = (100 * share).rounded()
    let shown = share <= 0 || share >= 1 ? rounded : min(99, max(1, rounded))
    return make(name, shown, String(Int(shown)), "%", at: at)
  }

  /// The level of an interval, such as 95 %.
  package func level(_ level: Double = 0.95) -> Evidence { percent("level", level) }

  /// An instant: the date, and where samples are closer than half a day the time (UTC).
  package func date(_ name: String, _ date: Date, step: TimeInterval) -> Evidence {
    make(name, nil, DateText.text(date, step: step), "", at: date)
  }

  /// The same number, kept without being printed.
  package func unprinted(_ evidence: Evidence) -> Evidence {
    var evidence = evidence
    evidence.text = nil
    return evidence
  }

  /// The digits in a name: the whole name as it is printed.
  package func name(_ text: String) -> Evidence { make("name", nil, text, "") }

  private func make(
    _ name: String, _ value: Double?, _ text: String, _ unit: String, at: Date? = nil, from: Date? = nil,
    until: Date? = nil
  ) -> Evidence {
    Evidence(
      source: source, job: job, metric: metric, label: label, unit: unit, name: name, value: value, text: text, at: at,
      from: from, until: until)
  }
}

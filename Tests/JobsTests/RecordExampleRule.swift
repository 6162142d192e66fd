import Analysis
import FoundationEssentials
import Twins

@testable import Jobs

/// A metric at the highest value of its history, where higher is better and the history is long enough.
///
/// Severity: low. Confidence: 1, it was counted.
struct RecordExampleRule: InsightRule {
  static let name = "record_example"

  /// Samples that a record must be the highest of.
  static let leastSamples = 365

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    evidence.metrics.compactMap { metric in
      guard metric.metric.direction == .higher, metric.count >= Self.leastSamples,
        let newest = metric.samples.values.last, newest.isFinite,
        !metric.samples.values.dropLast().contains(where: { $0 >= newest })
      else { return nil }
      let source = EvidenceSource(.observation, job: evidence.job, metric: metric.metric)
      let unit = Word(metric.metric.unit).afterBlank
      let date = metric.date(metric.count - 1)
      return Finding(
        type: .milestone, subject: EpisodeSubject(Self.name, metric: metric.metric.name), onset: date,
        tolerance: 30 * metric.step, severity: .low, confidence: 1, size: 1,
        story: Story(
          title: "\(Word(metric.metric.label).capitalised) is higher than ever",
          description: [
            """
            The value of \(source.value("record", newest, at: date))\(unit) is the highest of \
            \(source.count("samples", metric.count)) samples.
            """
          ], source: source),
        actions: [])
    }
  }
}

import Analysis
import FoundationEssentials
import Twins

/// Milestones of every metric with a good direction: the best mean of a week (seven samples) for a long time.
///
/// The mean of the newest seven samples, of which five must be there, is better than every mean of seven samples in at
/// least the ninety samples before. One value would be a record by chance too often. It is news while it is the best;
/// its onset is the first sample of the newest seven. Severity: low. Confidence: 1, it was counted.
struct BestLevelRule: InsightRule {
  static let name = "best_level"

  /// Samples of a mean, and how many must be there.
  static let span = 7
  static let leastPresent = 5
  /// Samples before that must all have been worse.
  static let leastBack = 90

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    evidence.metrics.compactMap { metric in
      guard metric.metric.direction != nil, metric.count >= Self.leastBack + 2 * Self.span,
        let newest = Self.mean(metric, endingBefore: metric.count)
      else { return nil }
      // Means that share no sample with the newest one.
      var end = metric.count - Self.span
      var isBest = true
      var second: Double?
      while end >= Self.span {
        if let mean = Self.mean(metric, endingBefore: end) {
          isBest = metric.isBetter(from: mean, to: newest) == true
          guard isBest else { break }
          if second.map({ metric.isBetter(from: $0, to: mean) == true }) ?? true { second = mean }
        }
        end -= 1
      }
      let back = metric.count - Self.span - (isBest ? 0 : end)
      guard back >= Self.leastBack, let second else { return nil }
      let first = metric.count - Self.span
      return finding(metric, newest, second: second, from: first, back: back, evidence)
    }
  }

  private func finding(
    _ metric: MetricEvidence, _ newest: Double, second: Double, from: Int, back: Int, _ evidence: TwinEvidence
  ) -> Finding {
    let source = EvidenceSource(.observation, job: evidence.job, metric: metric.metric)
    let unit = Word(metric.metric.unit).afterBlank
    let span = DateText.span(Double(back) * metric.step)
    let since = source.count("span", span.count, of: span.unit)
    let start = metric.date(from)
    return Finding(
      type: .milestone, subject: EpisodeSubject(Self.name, metric: metric.metric.name), onset: start,
      // A record that is lost and won again within a month is the same good phase.
      tolerance: 30 * metric.step, severity: .low, confidence: 1, size: Double(back) / Double(Self.leastBack),
      story: Story(
        title: "\(Word(metric.metric.label).capitalised) is at its best for \(since) \(Word(span.unit))",
        description: [
          """
          The mean of the newest \(source.count("samples", Self.span)) samples is \
          \(source.value("mean", newest, from: start, until: metric.observedUntil))\(unit); the best mean of as many \
          in the \(since) \(Word(span.unit)) before was \(source.value("second", second))\(unit).
          """
        ], source: source),
      actions: [])
  }

  private static func mean(_ metric: MetricEvidence, endingBefore end: Int) -> Double? {
    let values = metric.present((end - span)..<end)
    guard values.count >= leastPresent else { return nil }
    return values.reduce(0) { $0 + $1.value } / Double(values.count)
  }
}

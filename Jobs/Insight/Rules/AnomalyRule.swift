import Detection
import FoundationEssentials
import Glibc
import Twins

/// Unusual values: alarms of Detection's anomaly score among the newest samples.
///
/// The score of each sample rests on those before it alone, but on short histories noise raises ten times the alarms
/// that it does on long ones. So an alarm counts as an unusual value only when the value is also at least four and a half
/// standard deviations of what is new from what the values before let expect (`Expectation`; chance 1 in 150,000), and as an
/// unusual course, of a value that is not, only from a score of 0.8 on. Only the newest `recent_samples` are news.
///
/// Severity: low; medium where the value lies to the worse of what was expected, high when it is also beyond a
/// threshold of the domain of high severity. Confidence: the score.
struct AnomalyRule: InsightRule {
  static let name = "anomaly"

  /// Samples before that tell what is usual.
  static let usualSpan = 90
  /// Least distance from what was expected, in standard deviations.
  static let leastDistance = 4.5
  /// Least score of an unusual course.
  static let courseScore = 0.8
  /// Most samples that are scored; older ones only teach the scorer what it has long learned.
  static let scoredSamples = 3_000
  /// Samples apart within which alarms are one episode.
  static let episodeSamples = 7.0

  private struct Alarm {
    let index: Int
    let score: Double
    let expectation: Expectation
    /// From what was expected, in standard deviations, signed.
    let distance: Double

    var isUnusualValue: Bool { abs(distance) >= leastDistance }
  }

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    try evidence.metrics.compactMap { metric in
      try Task.checkCancellation()
      return Self.alarm(metric, recent: evidence.domain.insights.recentSamples).map { finding(metric, $0, evidence) }
    }
  }

  /// The strongest alarm among the newest samples: an unusual value before an unusual course, then by score, then the
  /// latest.
  private static func alarm(_ metric: MetricEvidence, recent: Int) -> Alarm? {
    var scorer = AnomalyScorer()
    var best: Alarm?
    for index in max(0, metric.count - scoredSamples)..<metric.count {
      let value = metric.samples.values[index]
      let score = scorer.score(time: metric.date(index).timeIntervalSince1970, value: value)
      guard index >= metric.count - recent, score >= AnomalyScorer.defaultThreshold,
        let expectation = Expectation(of: index, in: metric, span: usualSpan)
      else { continue }
      let alarm = Alarm(
        index: index, score: score, expectation: expectation,
        distance: (value - expectation.expected) / expectation.deviation)
      guard alarm.isUnusualValue || score >= courseScore else { continue }
      if let best, (best.isUnusualValue ? 1 : 0, best.score) > (alarm.isUnusualValue ? 1 : 0, score) { continue }
      best = alarm
    }
    return best
  }

  private func finding(_ metric: MetricEvidence, _ alarm: Alarm, _ evidence: TwinEvidence) -> Finding {
    let value = metric.samples.values[alarm.index]
    let expected = alarm.expectation.expected
    let isWorse = alarm.isUnusualValue && metric.isBetter(from: expected, to: value) == false
    let isCritical = evidence.domain.thresholds.contains {
      $0.metric == metric.metric.name && $0.severity == .high && $0.bound.isBeyond(value)
    }
    let source = EvidenceSource(.detection, job: evidence.job, metric: metric.metric)
    let label = Word(metric.metric.label)
    let unit = Word(metric.metric.unit).afterBlank
    let date = metric.date(alarm.index)
    let day = source.date("at", date, step: metric.step)
    let shown = source.value("value", value, at: date)
    let score: Sentence =
      """
      The anomaly score is \(source.pure("score", alarm.score)), where alarms begin at \
      \(source.pure("bar", alarm.isUnusualValue ? AnomalyScorer.defaultThreshold : Self.courseScore)).
      """
    let from = metric.date(max(0, alarm.index - Self.usualSpan))
    return Finding(
      type: .anomaly,
      subject: EpisodeSubject(
        Self.name, metric: metric.metric.name,
        aspect: !alarm.isUnusualValue ? "course" : alarm.distance > 0 ? "up" : "down"),
      onset: date, tolerance: Self.episodeSamples * metric.step,
      severity: !isWorse ? .low : isCritical ? .high : .medium, confidence: alarm.score,
      size: min(1e6, abs(alarm.distance)),
      story: Story(
        title: alarm.isUnusualValue
          ? "\(label.capitalised) was unusually \(Word(alarm.distance > 0 ? "high" : "low")) on \(day): \(shown)\(unit)"
          : "\(label.capitalised) took an unusual course around \(day)",
        description: [
          alarm.isUnusualValue
            ? """
            The \(source.count("samples_before", alarm.expectation.count, from: from, until: date)) values before let \
            expect \(source.value("expected", expected, at: date))\(unit); the difference is \
            \(source.pure("distance", min(1e6, abs(alarm.distance)))) standard deviations of what is new from one value \
            to the next.
            """
            : """
            The value of \(shown)\(unit) is none of the rarest, but the latest ones together are: their mean or their \
            scatter.
            """,
          score,
        ], source: source,
        unprinted: [source.value("deviation", alarm.expectation.deviation)]),
      actions: [])
  }
}

import Detection
import FoundationEssentials
import Glibc
import Twins

/// Unusual values: alarms of Detection's anomaly score among the newest samples.
///
/// The score of each sample rests on those before it alone. The threshold is raised for the number of metrics looked
/// at: the surprise must be rarer by that factor (Bonferroni), S ≥ 1.65 + log10 m. Only alarms of the newest
/// `recent_samples` are news.
///
/// Severity: low; medium where the value lies to the worse of what is usual (beyond the quantiles of 5 % and 95 % of
/// the 90 samples before), high when it is also beyond a threshold of the domain of high severity. Confidence: the
/// score.
struct AnomalyRule: InsightRule {
  static let name = "anomaly"

  /// Samples before that tell what is usual.
  static let usualSpan = 90
  /// Fewest of them.
  static let leastUsual = 20
  /// Most samples that are scored; older ones only teach the scorer what it has long learned.
  static let scoredSamples = 3_000
  /// Samples apart within which alarms are one episode.
  static let episodeSamples = 7.0

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    let bar = bar(evidence)
    var findings: [Finding] = []
    for metric in evidence.metrics {
      try Task.checkCancellation()
      guard let (index, score) = Self.alarm(metric, bar: bar, recent: evidence.domain.insights.recentSamples) else {
        continue
      }
      if let finding = finding(metric, at: index, score: score, evidence) { findings.append(finding) }
    }
    return findings
  }

  /// The greatest score at the bar among the newest samples, of equal ones the latest.
  private static func alarm(_ metric: MetricEvidence, bar: Double, recent: Int) -> (index: Int, score: Double)? {
    var scorer = AnomalyScorer(threshold: bar)
    var best: (index: Int, score: Double)?
    for index in max(0, metric.count - scoredSamples)..<metric.count {
      let value = metric.samples.values[index]
      let score = scorer.score(time: metric.date(index).timeIntervalSince1970, value: value)
      guard index >= metric.count - recent, score >= bar, score >= best?.score ?? 0 else { continue }
      best = (index, score)
    }
    return best
  }

  private func finding(
    _ metric: MetricEvidence, at index: Int, score: Double, _ evidence: TwinEvidence
  ) -> Finding? {
    let before = metric.present(max(0, index - Self.usualSpan)..<index).map(\.value).sorted()
    guard before.count >= Self.leastUsual else { return nil }
    let value = metric.samples.values[index]
    let low = before[Int(0.05 * Double(before.count - 1))]
    let high = before[Int((0.95 * Double(before.count - 1)).rounded(.up))]
    let isOutside = value < low || value > high
    let isWorse = isOutside && metric.isBetter(from: value < low ? low : high, to: value) == false
    let isCritical = evidence.domain.thresholds.contains {
      $0.metric == metric.metric.name && $0.severity == .high && $0.bound.isBeyond(value)
    }
    let severity: Threshold.Severity = !isWorse ? .low : isCritical ? .high : .medium

    let source = EvidenceSource(.detection, job: evidence.job, metric: metric.metric)
    let label = Word(metric.metric.label)
    let unit = Word(metric.metric.unit).afterBlank
    let date = metric.date(index)
    let shown = source.value("value", value, at: date)
    let day = source.date("at", date, step: metric.step)
    let from = metric.date(max(0, index - Self.usualSpan))
    let usual: Sentence =
      """
      \(source.percent("share_usual", 0.9)) % of the \(source.count("samples_before", before.count)) values before lie \
      between \(source.value("quantile_5", low, from: from, until: date)) and \
      \(source.value("quantile_95", high, from: from, until: date))\(unit).
      """
    return Finding(
      type: .anomaly,
      subject: EpisodeSubject(
        Self.name, metric: metric.metric.name, aspect: !isOutside ? "pattern" : value > high ? "up" : "down"),
      onset: date, tolerance: Self.episodeSamples * metric.step, severity: severity, confidence: score,
      size: -log2(1 - score),
      story: Story(
        title: isOutside
          ? "\(label.capitalised) was unusually \(Word(value > high ? "high" : "low")) on \(day): \(shown)\(unit)"
          : "\(label.capitalised) behaved unusually around \(day)",
        description: [
          usual,
          isOutside
            ? "The anomaly score is \(source.pure("score", score)), where alarms begin at \(source.pure("bar", bar(evidence)))."
            : """
            The value of \(shown)\(unit) is none of the rarest, but the latest ones together are: their mean or their \
            scatter. The anomaly score is \(source.pure("score", score)), where alarms begin at \
            \(source.pure("bar", bar(evidence))).
            """,
        ], source: source),
      actions: [])
  }

  /// 1 − 2^(−(1.65 + log10 m) / 1.65): the score of a surprise that is rarer by the number of metrics.
  private func bar(_ evidence: TwinEvidence) -> Double {
    1 - pow(1 - AnomalyScorer.defaultThreshold, 1 + log10(Double(max(1, evidence.metrics.count))) / 1.65)
  }
}

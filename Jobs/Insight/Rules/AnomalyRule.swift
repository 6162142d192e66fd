import Analysis
import Detection
import FoundationEssentials
import Glibc
import Twins

/// Unusual values and unusual courses among the newest `recent_samples`.
///
/// A value is unusual when one as far from what the values before let expect (`Expectation`) is rare. The limit of
/// "rare" comes from the tail of the metric's own residuals, which may be heavy: four and a half robust standard deviations are
/// nothing to one metric in seven. The chance must be at most 1 in 20,000; where Detection's anomaly score raises an
/// alarm too, which looks at the values in other ways, at most 1 in 5,000. (By simulation with one metric in seven heavy-
/// tailed, 1 in 5,000 leaves one false statement in forty, and 1 in 20,000 hardly any.)
///
/// A course is unusual, where the value is not, when the anomaly score of the latest values together is 0.8 or more: on
/// short histories noise raises ten times the alarms that it does on long ones.
///
/// Severity: low; medium where the value lies to the worse of what was expected, high when it is also beyond a
/// threshold of the domain of high severity. Confidence: of a value, 1 − chance × samples looked at; of a course, the
/// score.
struct AnomalyRule: InsightRule {
  static let name = "anomaly"

  /// Samples before that tell what is usual.
  static let usualSpan = 90
  /// Least distance from what was expected, in standard deviations, from which the chance is asked for: what is nearer is
  /// rare by no tail.
  static let leastDistance = 3.0
  /// Greatest chance of a value that is told.
  static let rare = 1.0 / 20_000
  /// The same, where the anomaly score agrees.
  static let rareOfAlarms = 1.0 / 5_000
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
    /// Chance of a value at least as far out; nil where it is not rare.
    let chance: Double?

    var isUnusualValue: Bool { chance != nil }

    /// Whether it is told rather than another: an unusual value before an unusual course, the rarer of two values, the
    /// higher score of two courses, then the later.
    func outranks(_ other: Alarm) -> Bool {
      switch (chance, other.chance) {
      case (let chance?, let otherChance?): chance <= otherChance
      case (_?, nil): true
      case (nil, _?): false
      case (nil, nil): score >= other.score
      }
    }
  }

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    try evidence.metrics.compactMap { metric in
      try Task.checkCancellation()
      return Self.alarm(metric, recent: evidence.domain.insights.recentSamples).map { finding(metric, $0, evidence) }
    }
  }

  /// The strongest alarm among the newest samples.
  private static func alarm(_ metric: MetricEvidence, recent: Int) -> Alarm? {
    var scorer = AnomalyScorer()
    var best: Alarm?
    for index in max(0, metric.count - scoredSamples)..<metric.count {
      let value = metric.samples.values[index]
      let score = scorer.score(time: metric.date(index).timeIntervalSince1970, value: value)
      guard index >= metric.count - recent, value.isFinite,
        let expectation = Expectation(of: index, in: metric, span: usualSpan)
      else { continue }
      let distance = (value - expectation.expected) / expectation.deviation
      let bar = score >= AnomalyScorer.defaultThreshold ? rareOfAlarms : rare
      let chance = abs(distance) < leastDistance ? nil : expectation.chance(of: value, in: metric, span: usualSpan)
      let alarm = Alarm(
        index: index, score: score, expectation: expectation, distance: distance,
        chance: chance.flatMap { $0 <= bar ? $0 : nil })
      guard alarm.isUnusualValue || score >= courseScore else { continue }
      if best.map({ alarm.outranks($0) }) ?? true { best = alarm }
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
    let rarity: Sentence =
      if let chance = alarm.chance {
        // Beyond this nobody knows the tail.
        """
        The chance of a value as far out is \(source.pure("p", max(1e-6, chance), digits: 2)), by the scatter of the \
        values before and its tails.
        """
      } else {
        """
        The anomaly score is \(source.pure("score", alarm.score)), where such courses begin at \
        \(source.pure("bar", Self.courseScore)).
        """
      }
    let from = metric.date(max(0, alarm.index - Self.usualSpan))
    return Finding(
      type: .anomaly,
      subject: EpisodeSubject(
        Self.name, metric: metric.metric.name,
        aspect: !alarm.isUnusualValue ? "course" : alarm.distance > 0 ? "up" : "down"),
      onset: date, tolerance: Self.episodeSamples * metric.step,
      severity: !isWorse ? .low : isCritical ? .high : .medium,
      confidence: alarm.chance.map { max(0, 1 - $0 * Double(evidence.domain.insights.recentSamples)) } ?? alarm.score,
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
          rarity,
        ], source: source,
        unprinted: [source.value("deviation", alarm.expectation.deviation)]
          + (alarm.isUnusualValue ? [source.pure("score", alarm.score)] : [])),
      actions: [])
  }
}

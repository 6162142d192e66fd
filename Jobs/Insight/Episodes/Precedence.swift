import Analysis
import FoundationEssentials

/// Which of two findings about the same thing says more.
enum Precedence {
  /// Samples apart within which two onsets may be of one thing.
  static let sameMoment = 7.0

  /// Whether a finding takes the place of an episode about this subject that began then.
  /// - Parameter step: seconds between samples of the metric.
  static func outranks(_ finding: Finding, _ subject: EpisodeSubject, onset: Date, step: TimeInterval) -> Bool {
    guard finding.subject.metric == subject.metric, finding.subject != subject else { return false }
    let together = abs(finding.onset.timeIntervalSince(onset)) <= sameMoment * step
    switch (finding.subject.rule, subject.rule) {
    // It has come to pass.
    case (ThresholdRule.name, ForecastRule.name): return finding.subject.aspect == subject.aspect
    // A lasting change explains the anomaly that was seen first.
    case (ChangeRule.name, AnomalyRule.name): return together
    // The cause is known.
    case (EffectRule.name, ChangeRule.name), (EffectRule.name, AnomalyRule.name): return together
    // The instrument, not what it measures.
    case (DataQualityRule.name, ChangeRule.name), (DataQualityRule.name, AnomalyRule.name),
      (DataQualityRule.name, TrendRule.name), (DataQualityRule.name, BestLevelRule.name):
      return ["stuck", "unit"].contains(finding.subject.aspect)
    // One thing cannot go both ways; the newer word holds.
    case (TrendRule.name, TrendRule.name), (RelationRule.name, RelationRule.name):
      return finding.subject.factor == subject.factor
    case (EffectRule.name, EffectRule.name): return finding.subject.factor == subject.factor && together
    default: return false
    }
  }
}

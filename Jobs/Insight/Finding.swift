import Analysis
import FoundationEssentials
import Twins

/// Something that a rule found in the evidence.
struct Finding: Sendable {
  let type: InsightType
  let subject: EpisodeSubject
  /// When it began.
  let onset: Date
  /// Onsets so far apart are still of one episode; infinity for states, which have no moment.
  let tolerance: TimeInterval
  let severity: Threshold.Severity
  /// 0…1: the chance that what is stated is so, as far as its rule can tell.
  let confidence: Double
  /// How large it is, in standard deviations or the like; orders findings that are equally serious.
  let size: Double
  let story: Story
  /// Possible actions.
  let actions: [String]
}

/// A family of findings: evidence in, findings out.
protocol InsightRule: Sendable {
  /// The rule's name in `metadata.rule`.
  static var name: String { get }

  /// The findings of this rule.
  /// - Throws: `CancellationError`.
  func findings(in evidence: TwinEvidence) throws -> [Finding]
}

extension Episode {
  /// The beginning of an episode of what was found.
  init(twin: UUID, _ finding: Finding, now: Date) {
    self.init(
      twin: twin, type: finding.type, subject: finding.subject, onset: finding.onset, severity: finding.severity,
      now: now)
  }
}

import Analysis
import Detection
import FoundationEssentials
import Twins

/// Milestones of the domain: a metric kept on the good side of a value for as many observations in a row as the
/// milestone asks for, or a multiple of it.
///
/// Told is the greatest multiple reached; it stays while the run goes on. Missing samples neither continue nor end a
/// run. Severity: low. Confidence: 1, it was counted.
struct StreakRule: InsightRule {
  static let name = "streak"

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    evidence.domain.milestones.enumerated().compactMap { number, milestone in
      guard let metric = evidence.metric(milestone.metric) else { return nil }
      let streaks = Streaks(of: metric.samples.values.map { $0.isNaN ? nil : milestone.bound.isBeyond($0) })
      guard streaks.current >= milestone.observations,
        let run = ThresholdRule.Run(metric, beyond: milestone.bound)
      else { return nil }
      let source = EvidenceSource(.observation, job: evidence.job, metric: metric.metric)
      let unit = Word(metric.metric.unit).afterBlank
      let reached = streaks.current / milestone.observations * milestone.observations
      let count = source.count("reached", reached)
      let bound = source.value("milestone", milestone.bound.value)
      let from = metric.date(run.first)
      let what: Sentence =
        milestone.label.map { "\(Word($0).capitalised)" }
        ?? "\(Word(metric.metric.label).capitalised) \(Word(milestone.bound.side)) \(bound)\(unit)"
      return Finding(
        type: .milestone,
        subject: EpisodeSubject(
          Self.name, metric: milestone.metric, factor: "\(number)", aspect: milestone.bound.side),
        onset: from, tolerance: metric.step, severity: .low, confidence: 1,
        size: Double(reached) / Double(milestone.observations),
        story: Story(
          title: "\(what): \(count) times in a row",
          description: [
            """
            Every observation since \(source.date("from", from, step: metric.step)) was \
            \(Word(milestone.bound.side)) \(bound)\(unit); \(source.count("current", streaks.current)) of them by now. \
            The longest run so far is \(source.count("longest", streaks.longest)).
            """
          ], source: source),
        actions: [])
    }
  }
}

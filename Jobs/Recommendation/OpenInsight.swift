import Analysis
import FoundationEssentials
import Queue
import Twins

/// An open insight of the twin, as the kind `insight` wrote it.
struct OpenInsight: Sendable, Hashable {
  let episode: Episode
  let title: String
  let confidence: Double
  let evidence: [Evidence]

  /// nil when the row is not one of ours, or not open, or was changed into something else.
  init?(id: UUID, title: String, confidence: Double?, dataPoints: String, metadata: String) {
    guard let episode = Episode(id: id, metadata: metadata), episode.state == .open,
      let evidence = [Evidence](json: dataPoints)
    else { return nil }
    self.episode = episode
    self.title = title
    self.confidence = confidence.map { min(1, max(0, $0)) } ?? 0
    self.evidence = evidence
  }

  /// Which way the metric goes, as far as the insight says: of trends and changes their own, of states the side.
  var direction: Twins.RecommendationRule.Direction? {
    switch episode.subject.aspect {
    case "up", "above": .up
    case "down", "below": .down
    default: nil
    }
  }
}

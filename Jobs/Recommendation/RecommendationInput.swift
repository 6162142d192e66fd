import Analysis
import FoundationEssentials
import Queue
import Twins

/// All that the recommendations of a twin are computed from.
public struct RecommendationInput: Sendable {
  let evidence: EvidenceInput
  /// Open insights, by episode.
  let insights: [OpenInsight]
  /// Earlier recommendations, in any state.
  let prior: [PriorRecommendation]

  /// The hash of everything that decides the advice. Earlier recommendations are left out, as for insights: the same
  /// evidence gives the same advice, whatever became of it.
  func hash(of kind: KindDefinition) -> String {
    var hash = evidence.hash(of: kind)
    hash.combine(insights.count)
    for insight in insights {
      hash.combine(insight.episode.key)
      hash.combine(insight.episode.severity.rawValue)
      hash.combine(insight.title)
      hash.combine(insight.confidence)
      hash.combine(insight.evidence.count)
      for row in insight.evidence {
        hash.combine(Int(row.job))
        hash.combine(row.name)
        hash.combine(row.text ?? "")
        hash.combine(row.value ?? .nan)
      }
    }
    return hash.hex
  }
}

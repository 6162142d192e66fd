import Analysis
import FoundationEssentials
import Queue
import Twins

/// The recommendations of a twin, ready to be written.
public struct RecommendationOutput: Sendable {
  /// A row that is written whole.
  struct Row: Sendable {
    let id: UUID
    let type: String
    let priority: Int
    let story: Story
    /// A list of `RecommendedProduct`.
    let products: String
    /// A list of texts.
    let actions: String
    /// An `ExpectedImpact`.
    let impact: String?
    /// `RecommendationMetadata`.
    let metadata: String
  }

  /// A row of which only the metadata is written.
  struct Kept: Sendable {
    let id: UUID
    let metadata: String
  }

  /// The input they were made of.
  let record: ResultRecord
  let rows: [Row]
  let kept: [Kept]

  init(_ input: RecommendationInput, _ entries: [RecommendationTracker.Entry], inputHash: String, job: Job) {
    let lineage = Lineage(of: job, inputHash: inputHash, domain: input.evidence.domain.name)
    var rows: [Row] = []
    var kept: [Kept] = []
    for entry in entries {
      let metadata = RecommendationMetadata(
        lineage: lineage, recommendation: entry.recommendation, restsOn: entry.advice?.story.evidence
      ).json
      guard let advice = entry.advice else {
        kept.append(Kept(id: entry.recommendation.id, metadata: metadata))
        continue
      }
      rows.append(
        Row(
          id: entry.recommendation.id, type: advice.type, priority: advice.priority, story: advice.story,
          products: advice.products.json, actions: advice.actions.json, impact: advice.impact?.json,
          metadata: metadata))
    }
    self.rows = rows
    self.kept = kept
    let summary = RecommendationSummary(
      lineage: lineage, given: rows.count,
      withdrawn: entries.count { $0.recommendation.state == .withdrawn })
    record = ResultRecord(
      twin: input.evidence.twin, inputHash: inputHash, readAt: input.evidence.readAt, metadata: summary.json)
  }
}

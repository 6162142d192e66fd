import Analysis
import FoundationEssentials
import Queue
import Twins

/// The insights of a twin, ready to be written.
public struct InsightOutput: Sendable {
  /// A row that is written whole.
  struct Row: Sendable {
    let id: UUID
    let type: String
    let severity: String
    let story: Story
    /// A list of `Evidence`.
    let dataPoints: String
    let confidence: Double
    /// A list of texts.
    let actions: String
    /// `InsightMetadata`.
    let metadata: String
  }

  /// A row of which only severity and metadata are written.
  struct Kept: Sendable {
    let id: UUID
    let severity: String
    let metadata: String
  }

  /// The input they were made of.
  let record: ResultRecord
  /// By rank.
  let rows: [Row]
  let kept: [Kept]

  init(_ input: InsightInput, _ entries: [EpisodeTracker.Entry], inputHash: String, job: Job) {
    let lineage = Lineage(of: job, inputHash: inputHash, domain: input.evidence.domain.name)
    var rows: [Row] = []
    var kept: [Kept] = []
    for entry in entries {
      let episode = entry.episode
      let metadata = InsightMetadata(lineage: lineage, episode: episode, rank: entry.rank).json
      guard let finding = entry.finding else {
        kept.append(Kept(id: episode.id, severity: episode.severity.rawValue, metadata: metadata))
        continue
      }
      rows.append(
        Row(
          id: episode.id, type: finding.type.rawValue, severity: episode.severity.rawValue, story: finding.story,
          dataPoints: finding.story.evidence.json, confidence: finding.confidence, actions: finding.actions.json,
          metadata: metadata))
    }
    self.rows = rows
    self.kept = kept
    let summary = InsightSummary(
      lineage: lineage, seen: rows.count, open: entries.count { $0.episode.state == .open },
      ended: entries.count { $0.episode.state != .open })
    record = ResultRecord(
      twin: input.evidence.twin, inputHash: inputHash, readAt: input.evidence.readAt, metadata: summary.json)
  }
}

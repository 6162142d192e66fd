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
    let dataPoints: String
    let confidence: Double
    let actions: String
    let metadata: String
  }

  /// A row of which only severity and metadata are written.
  struct Kept: Sendable {
    let id: UUID
    let severity: String
    let metadata: String
  }

  /// What they were made of.
  let record: ResultRecord
  /// By rank.
  let rows: [Row]
  let kept: [Kept]

  init(_ input: InsightInput, _ entries: [EpisodeTracker.Entry], inputHash: String, job: Job) {
    var rows: [Row] = []
    var kept: [Kept] = []
    for entry in entries {
      let metadata = Self.metadata(entry, input, inputHash, job)
      let severity = entry.episode.severity.rawValue
      guard let finding = entry.finding else {
        kept.append(Kept(id: entry.episode.id, severity: severity, metadata: metadata))
        continue
      }
      var points = JSONWriter()
      points.array { points in for row in finding.story.evidence { row.write(to: &points) } }
      var actions = JSONWriter()
      actions.array { actions in for action in finding.actions { actions.value(action) } }
      rows.append(
        Row(
          id: entry.episode.id, type: finding.type.rawValue, severity: severity, story: finding.story,
          dataPoints: points.text, confidence: finding.confidence, actions: actions.text, metadata: metadata))
    }
    self.rows = rows
    self.kept = kept
    var summary = JSONWriter()
    summary.object { summary in
      summary.lineage(of: job, inputHash: inputHash, domain: input.evidence.domain.name)
      summary.member("seen", rows.count)
      summary.member("open", entries.count { $0.episode.state == .open })
      summary.member("ended", entries.count { $0.episode.state != .open })
    }
    record = ResultRecord(
      twin: input.evidence.twin, inputHash: inputHash, readAt: input.evidence.readAt, metadata: summary.text)
  }

  private static func metadata(
    _ entry: EpisodeTracker.Entry, _ input: InsightInput, _ inputHash: String, _ job: Job
  ) -> String {
    var json = JSONWriter()
    json.object { json in
      json.lineage(of: job, inputHash: inputHash, domain: input.evidence.domain.name)
      entry.episode.write(to: &json)
      if let rank = entry.rank { json.member("rank", rank) }
    }
    return json.text
  }
}

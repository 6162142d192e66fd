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

  let twin: UUID
  let inputHash: String
  let readAt: Date
  /// By rank.
  let rows: [Row]
  let kept: [Kept]

  init(_ input: InsightInput, _ entries: [EpisodeBook.Entry], inputHash: String, job: Job) {
    twin = input.evidence.twin
    self.inputHash = inputHash
    readAt = input.evidence.readAt
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
  }

  private static func metadata(
    _ entry: EpisodeBook.Entry, _ input: InsightInput, _ inputHash: String, _ job: Job
  ) -> String {
    var json = JSONWriter()
    json.object { json in
      job.writeLineage(to: &json, inputHash: inputHash)
      json.member("domain", input.evidence.domain.name)
      entry.episode.write(to: &json)
      if let rank = entry.rank { json.member("rank", rank) }
    }
    return json.text
  }
}

extension Job {
  /// Who computed a row, from what, and who asked for it.
  func writeLineage(to json: inout JSONWriter, inputHash: String) {
    json.member("job_id", id)
    json.member("attempt", attempt)
    json.member("kind", kind)
    json.member("code_version", BuildInfo.version)
    json.member("input_hash", inputHash)
    json.member("requested_by", requestedBy)
    if let schedule { json.member("schedule", schedule) }
    if let tick { json.member("tick", tick.formatted(.iso8601)) }
    json.key("parameters")
    json.object { _ in }
  }
}

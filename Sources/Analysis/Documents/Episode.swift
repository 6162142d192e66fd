import FoundationEssentials
import Queue
import Twins

/// One episode of something seen: from the first evaluation that saw it to the one that did not any more. One episode is
/// one row, updated in place.
package struct Episode: Sendable, Hashable {
  /// The row's id: made of twin and key, so that the same episode has the same row whoever computes it.
  package let id: UUID
  /// Rule, subject and first onset.
  package let key: String
  package let type: InsightType
  package let subject: EpisodeSubject
  package var state: State
  /// The newest estimate of when it began.
  package var onset: Date
  package var severity: Threshold.Severity
  /// What the last evaluation would have it; adopted when the next one agrees.
  package var proposed: Threshold.Severity?
  /// Evaluations in a row that did not see it.
  package var absent: Int
  /// The twin's clock when it was first, and last, seen.
  package let firstSeen: Date
  package var lastSeen: Date
  /// Times it came back.
  package var reopened: Int
  /// The key of what took its place.
  package var supersededBy: String?

  /// Where it stands.
  package enum State: String, Sendable, Hashable, Codable {
    case open, resolved, superseded
  }

  /// Which kind's rows these are.
  package static let kind = "insight"

  /// An episode that begins.
  /// - Parameter now: the twin's clock.
  package init(
    twin: UUID, type: InsightType, subject: EpisodeSubject, onset: Date, severity: Threshold.Severity, now: Date
  ) {
    let key = "\(subject.text)/\(onset.formatted(.iso8601))"
    self.key = key
    id = UUID(of: [Self.kind, twin.text, key])
    self.type = type
    self.subject = subject
    state = .open
    self.onset = onset
    self.severity = severity
    proposed = nil
    absent = 0
    firstSeen = now
    lastSeen = now
    reopened = 0
    supersededBy = nil
  }
}

extension Episode {
  /// What stands in a row's metadata.
  private struct Document: Decodable {
    let kind: String
    let episode: String
    let state: State
    let rule: String
    let metric: String
    let factor: String
    let aspect: String
    let insightType: String
    let onset: String
    let severity: String
    let proposedSeverity: String?
    let absent: Int
    let firstSeen: String
    let lastSeen: String
    let reopened: Int
    let supersededBy: String?
  }

  /// The episode of a row; nil when the row is an application's or its metadata was changed into something else.
  package init?(id: UUID, metadata: String) {
    guard let document = RowLineage.decode(Document.self, metadata),
      document.kind == Self.kind, let type = InsightType(rawValue: document.insightType),
      let severity = Threshold.Severity(rawValue: document.severity), (0...1000).contains(document.absent),
      (0...1_000_000).contains(document.reopened), let onset = RowLineage.date(document.onset),
      let firstSeen = RowLineage.date(document.firstSeen), let lastSeen = RowLineage.date(document.lastSeen)
    else { return nil }
    self.id = id
    key = document.episode
    self.type = type
    subject = EpisodeSubject(
      document.rule, metric: document.metric, factor: document.factor, aspect: document.aspect)
    state = document.state
    self.onset = onset
    self.severity = severity
    proposed = document.proposedSeverity.flatMap(Threshold.Severity.init(rawValue:))
    absent = document.absent
    self.firstSeen = firstSeen
    self.lastSeen = lastSeen
    reopened = document.reopened
    supersededBy = document.supersededBy
  }

  /// Writes its members into a row's metadata.
  package func write(to json: inout JSONWriter) {
    json.member("episode", key)
    json.member("state", state.rawValue)
    json.member("rule", subject.rule)
    json.member("metric", subject.metric)
    json.member("factor", subject.factor)
    json.member("aspect", subject.aspect)
    json.member("insight_type", type.rawValue)
    json.member("onset", onset.formatted(.iso8601))
    json.member("severity", severity.rawValue)
    if let proposed { json.member("proposed_severity", proposed.rawValue) }
    json.member("absent", absent)
    json.member("first_seen", firstSeen.formatted(.iso8601))
    json.member("last_seen", lastSeen.formatted(.iso8601))
    json.member("reopened", reopened)
    if let supersededBy { json.member("superseded_by", supersededBy) }
  }
}

extension UUID {
  /// The id of some texts: their 128-bit fingerprint, marked as version 8 (RFC 9562, "custom").
  package init(of texts: [String]) {
    var hash = Fingerprint()
    for text in texts { hash.combine(text) }
    var bytes: [UInt8] = []
    var digits = Substring(hash.hex)
    while let byte = UInt8(digits.prefix(2), radix: 16) {
      bytes.append(byte)
      digits = digits.dropFirst(2)
    }
    bytes[6] = bytes[6] & 0x0f | 0x80
    bytes[8] = bytes[8] & 0x3f | 0x80
    self.init(
      uuid: (
        bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7], bytes[8], bytes[9], bytes[10],
        bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
      ))
  }
}

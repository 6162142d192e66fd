import FoundationEssentials
import Queue
import Twins

/// One episode of something seen: from the first evaluation that saw it to the one that did not any more. One episode is
/// one row, updated in place.
package struct Episode: Sendable, Hashable {
  /// The row's id: made of twin and key, so that the same episode has the same row whoever computes it.
  package private(set) var id: UUID
  /// Rule, subject and first onset.
  package let key: String
  package let type: InsightType
  package let subject: EpisodeSubject
  package var state: State
  /// The newest estimate of when it began.
  package var onset: Date
  package var severity: Threshold.Severity
  /// The severity that the last evaluation proposed; adopted when the next one agrees.
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

extension Episode: JSONObject {
  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.key, key)
    json.member(CodingKeys.state, state.rawValue)
    json.member(CodingKeys.rule, subject.rule)
    json.member(CodingKeys.metric, subject.metric)
    json.member(CodingKeys.factor, subject.factor)
    json.member(CodingKeys.aspect, subject.aspect)
    json.member(CodingKeys.type, type.rawValue)
    json.member(CodingKeys.onset, onset)
    json.member(CodingKeys.severity, severity.rawValue)
    json.member(CodingKeys.proposed, ifPresent: proposed?.rawValue)
    json.member(CodingKeys.absent, absent)
    json.member(CodingKeys.firstSeen, firstSeen)
    json.member(CodingKeys.lastSeen, lastSeen)
    json.member(CodingKeys.reopened, reopened)
    json.member(CodingKeys.supersededBy, ifPresent: supersededBy)
  }
}

extension Episode: Decodable {
  private enum CodingKeys: String, CodingKey {
    case key = "episode"
    case state, rule, metric, factor, aspect, onset, severity, absent, reopened
    case type = "insight_type"
    case proposed = "proposed_severity"
    case firstSeen = "first_seen"
    case lastSeen = "last_seen"
    case supersededBy = "superseded_by"
  }

  /// All but the id, which is the row's.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    key = try container.decode(String.self, forKey: .key)
    type = try container.decode(InsightType.self, forKey: .type)
    subject = EpisodeSubject(
      try container.decode(String.self, forKey: .rule), metric: try container.decode(String.self, forKey: .metric),
      factor: try container.decode(String.self, forKey: .factor),
      aspect: try container.decode(String.self, forKey: .aspect))
    state = try container.decode(State.self, forKey: .state)
    onset = try container.decodeInstant(forKey: .onset)
    severity = try container.decode(Threshold.Severity.self, forKey: .severity)
    proposed = try container.decodeIfPresent(String.self, forKey: .proposed).flatMap(Threshold.Severity.init(rawValue:))
    absent = try container.decode(in: 0...1000, forKey: .absent)
    firstSeen = try container.decodeInstant(forKey: .firstSeen)
    lastSeen = try container.decodeInstant(forKey: .lastSeen)
    reopened = try container.decode(in: 0...1_000_000, forKey: .reopened)
    supersededBy = try container.decodeIfPresent(String.self, forKey: .supersededBy)
  }

  /// The episode of a row; nil when the row is an application's or its metadata was changed into something else.
  package init?(id: UUID, metadata: String) {
    guard let document = InsightMetadata(json: metadata), document.lineage.kind == Self.kind else { return nil }
    self = document.episode
    self.id = id
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

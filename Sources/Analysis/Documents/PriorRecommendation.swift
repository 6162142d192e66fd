import FoundationEssentials
import Twins

/// A recommendation as it was given: one row of `twin_recommendations`.
package struct PriorRecommendation: Sendable, Hashable {
  /// The row's id: made of twin, key and number.
  package private(set) var id: UUID
  package let subject: EpisodeSubject
  /// The occasion it was given on.
  package var basis: String
  /// 1, and one more each time it comes back after it was finished or ignored.
  package let number: Int
  package var state: State
  package var priority: Int
  package var strength: Double
  /// Evaluations in a row that would not give it.
  package var absent: Int

  /// Where it stands. The application, or a person by `twinmill.finish_recommendation` and
  /// `twinmill.ignore_recommendation`, says done and ignored; the job says the others.
  package enum State: String, Sendable, Hashable, Codable {
    case open, done, ignored, withdrawn
  }

  package var key: String { subject.text }

  /// Which kind's rows these are.
  static let kind = "recommendation"

  /// A recommendation that is given for the first time, or once more.
  package init(
    twin: UUID, subject: EpisodeSubject, basis: String, number: Int, priority: Int, strength: Double
  ) {
    id = UUID(of: [Self.kind, twin.text, subject.text, String(number)])
    self.subject = subject
    self.basis = basis
    self.number = number
    state = .open
    self.priority = priority
    self.strength = strength
    absent = 0
  }
}

extension PriorRecommendation: JSONObject {
  package func writeMembers(to json: inout JSONWriter) {
    json.member(CodingKeys.key, key)
    json.member(CodingKeys.state, state.rawValue)
    json.member(CodingKeys.rule, subject.rule)
    json.member(CodingKeys.metric, subject.metric)
    json.member(CodingKeys.factor, subject.factor)
    json.member(CodingKeys.aspect, subject.aspect)
    json.member(CodingKeys.basis, basis)
    json.member(CodingKeys.number, number)
    json.member(CodingKeys.priority, priority)
    json.member(CodingKeys.strength, strength)
    json.member(CodingKeys.absent, absent)
  }
}

extension PriorRecommendation: Decodable {
  private enum CodingKeys: String, CodingKey {
    case key, state, rule, metric, factor, aspect, basis, number, priority, strength, absent
  }

  /// All but the id, which is the row's.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    id = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    subject = EpisodeSubject(
      try container.decode(String.self, forKey: .rule), metric: try container.decode(String.self, forKey: .metric),
      factor: try container.decode(String.self, forKey: .factor),
      aspect: try container.decode(String.self, forKey: .aspect))
    basis = try container.decode(String.self, forKey: .basis)
    number = try container.decode(in: 1...1_000_000, forKey: .number)
    state = try container.decode(State.self, forKey: .state)
    priority = try container.decode(in: 1...5, forKey: .priority)
    strength = try container.decode(Double.self, forKey: .strength)
    absent = try container.decode(in: 0...1000, forKey: .absent)
  }

  /// The recommendation of a row; nil when the row is an application's or its metadata was changed into something else.
  package init?(id: UUID, metadata: String) {
    guard let document = RecommendationMetadata(json: metadata), document.lineage.kind == Self.kind else { return nil }
    self = document.recommendation
    self.id = id
  }
}

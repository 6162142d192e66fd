import Analysis
import FoundationEssentials
import Twins

/// A recommendation as it was given: one row of `twin_recommendations`.
struct PriorRecommendation: Sendable, Hashable {
  /// The row's id: made of twin, key and number.
  let id: UUID
  let subject: EpisodeSubject
  /// The occasion it was given on.
  var basis: String
  /// 1, and one more each time it comes back after it was finished or ignored.
  let number: Int
  var state: State
  var priority: Int
  var strength: Double
  /// Evaluations in a row that would not give it.
  var absent: Int

  /// Where it stands. The application, or a person by `twinmill.finish_recommendation` and
  /// `twinmill.ignore_recommendation`, says done and ignored; the job says the others.
  enum State: String, Sendable, Hashable, Codable {
    case open, done, ignored, withdrawn
  }

  var key: String { subject.text }

  /// Advice that is given for the first, or once more.
  init(twin: UUID, _ advice: Advice, number: Int) {
    id = UUID(of: [Recommendation.name, twin.text, advice.subject.text, String(number)])
    subject = advice.subject
    basis = advice.basis
    self.number = number
    state = .open
    priority = advice.priority
    strength = advice.strength
    absent = 0
  }

  private struct Document: Decodable {
    let kind: String
    let rule: String
    let metric: String
    let factor: String
    let aspect: String
    let basis: String
    let number: Int
    let state: State
    let priority: Int
    let strength: Double
    let absent: Int
  }

  /// nil when the row is an application's or its metadata was changed into something else.
  init?(id: UUID, metadata: String) {
    guard let document = RowLineage.decode(Document.self, metadata), document.kind == Recommendation.name,
      (1...1_000_000).contains(document.number), (1...5).contains(document.priority), document.strength.isFinite,
      (0...1000).contains(document.absent)
    else { return nil }
    self.id = id
    subject = EpisodeSubject(
      document.rule, metric: document.metric, factor: document.factor, aspect: document.aspect)
    basis = document.basis
    number = document.number
    state = document.state
    priority = document.priority
    strength = document.strength
    absent = document.absent
  }

  /// Writes its members into a row's metadata.
  func write(to json: inout JSONWriter) {
    json.member("key", key)
    json.member("state", state.rawValue)
    json.member("rule", subject.rule)
    json.member("metric", subject.metric)
    json.member("factor", subject.factor)
    json.member("aspect", subject.aspect)
    json.member("basis", basis)
    json.member("number", number)
    json.member("priority", priority)
    json.member("strength", strength)
    json.member("absent", absent)
  }
}

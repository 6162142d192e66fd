import FoundationEssentials
import Glibc
import Numerics
import Postgres

/// A year of a recommender's user: propositions shown by a weekly rhythm, clicked the likelier the surer the model was,
/// and likelier still with the second version of the model.
struct SimulatedAudience {
  /// Days of history.
  static let days = 365
  /// The day of the second version.
  static let change = 240

  /// One interaction.
  struct Interaction {
    let date: Date
    /// Which of the propositions.
    let proposition: Int
    let type: String
  }

  /// - Parameters:
  ///   - seed: who it is.
  ///   - end: the newest day.
  ///   - confidences: how sure the model is of each proposition.
  static func year(
    seed: UInt64, until end: Date, confidences: [Double]
  ) -> (interactions: [Interaction], engagement: [(date: Date, value: Double)]) {
    var random = SeededRandom(seed: 4000 + seed)
    var interactions: [Interaction] = []
    var engagement: [(date: Date, value: Double)] = []
    var level = 0.3
    for day in 0..<days {
      let morning = end.addingTimeInterval(86_400 * Double(day - days))
      let weekday = (Int(morning.timeIntervalSince1970 / 86_400) + 3) % 7
      var clicks = 0.0
      let shown = Int(random.uniform(in: weekday < 5 ? 3...9 : 6...14))
      for _ in 0..<shown {
        let proposition = Int(random.next() % UInt64(confidences.count))
        let date = morning.addingTimeInterval(random.uniform(in: 0...43_200))
        interactions.append(Interaction(date: date, proposition: proposition, type: "view"))
        let chance = 0.1 + 0.35 * confidences[proposition] + (day >= change ? 0.1 : 0)
        let draw = random.uniform(in: 0...1)
        guard draw < chance || draw > 0.95 else { continue }
        let type = draw < chance ? "click" : "dismiss"
        clicks += draw < chance ? 1 : 0
        interactions.append(
          Interaction(date: date.addingTimeInterval(20), proposition: proposition, type: type))
      }
      level = 0.9 * level + 0.1 * clicks / Double(shown)
      engagement.append((morning.addingTimeInterval(82_800), level))
    }
    return (interactions, engagement)
  }

  /// Writes forty propositions, two versions of a model, and two users.
  /// - Returns: how many interactions.
  static func fill(_ connection: Connection, until end: Date) async throws -> Int {
    var random = SeededRandom(seed: 4000)
    let confidences = (0..<40).map { _ in random.uniform(in: 0.1...0.9) }
    let types = ["offer", "article", "course", "event", "tip"]
    let propositions = try await connection.query(
      """
      INSERT INTO propositions.propositions (type, status, confidence_score, created_at, updated_at)
      SELECT p.type, 'active', p.confidence, \(end) - interval '1 year', \(end) - interval '1 year'
      FROM unnest(\(confidences.indices.map { types[$0 % 5] }), \(confidences)) AS p (type, confidence) RETURNING id
      """
    ).map { try $0.decode(UUID.self) }
    let feature: UUID = try await connection.query(
      "INSERT INTO propositions.features (name) VALUES ('engagement') RETURNING id"
    ).only().decode(UUID.self)
    _ = try await connection.query(
      """
      INSERT INTO propositions.model_performance (model_name, model_version, metric_name, metric_value, evaluated_at)
      VALUES ('ranker', '1', 'auc', 0.71, \(end) - interval '370 days'),
             ('ranker', '2', 'auc', 0.76, \(end.addingTimeInterval(86_400 * Double(change - days))))
      """)
    var count = 0
    for name in ["erin", "frank"] {
      let year = year(seed: UInt64(count + 1), until: end, confidences: confidences)
      let user: UUID = try await connection.query(
        "INSERT INTO propositions.users (username, email) VALUES (\(name), \(name + "@example.org")) RETURNING id"
      ).only().decode(UUID.self)
      _ = try await connection.query(
        """
        INSERT INTO propositions.interactions (user_id, timestamp, proposition_id, interaction_type)
        SELECT \(user), i.* FROM unnest(\(year.interactions.map(\.date)),
          \(year.interactions.map { propositions[$0.proposition] }), \(year.interactions.map(\.type))) AS i
        """)
      _ = try await connection.query(
        """
        INSERT INTO propositions.user_features (user_id, feature_id, timestamp, value)
        SELECT \(user), \(feature), f.at, to_jsonb(f.value)
        FROM unnest(\(year.engagement.map(\.date)), \(year.engagement.map(\.value))) AS f (at, value)
        """)
      count += year.interactions.count
    }
    return count
  }
}

import FoundationEssentials
import Numerics
import Postgres
import Simulation

extension SimulatedAudience {
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

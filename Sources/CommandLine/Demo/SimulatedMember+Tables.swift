import FoundationEssentials
import Postgres
import Simulation

extension SimulatedMember {
  /// Writes two members, in Berlin and on Kiritimati.
  /// - Returns: how many check-ins.
  static func fill(_ connection: Connection, until end: Date) async throws -> Int {
    var count = 0
    for (name, zone) in [("Ada", "Europe/Berlin"), ("Ben", "Pacific/Kiritimati")] {
      let days = days(seed: UInt64(count), until: end)
      let user: UUID = try await connection.query(
        "INSERT INTO goals.users (name, time_zone) VALUES (\(name), \(zone)) RETURNING id"
      ).only().decode(UUID.self)
      for (title, done) in [("Run", days.map(\.ran)), ("Read", days.map(\.read))] {
        let goal: UUID = try await connection.query(
          """
          INSERT INTO goals.goals (user_id, title, category, frequency, start_date)
          VALUES (\(user), \(title), 'fitness', 'daily', \(days[0].date)::timestamptz::date) RETURNING id
          """
        ).only().decode(UUID.self)
        if title == "Read" {
          _ = try await connection.query(
            """
            INSERT INTO goals.habits (goal_id, title, frequency, schedule)
            VALUES (\(goal), 'A chapter', 'custom', '{"days": ["mon", "wed", "fri"], "time": "20:00"}')
            """)
        }
        _ = try await connection.query(
          """
          INSERT INTO goals.checkins (goal_id, user_id, completed, timestamp)
          SELECT \(goal), \(user), true, d.at FROM unnest(\(days.map(\.date)), \(done)) AS d (at, done) WHERE d.done
          """)
        count += done.count { $0 }
      }
      _ = try await connection.query(
        """
        INSERT INTO goals.journal_entries (user_id, sentiment_score, created_at)
        SELECT \(user), d.mood, d.at FROM unnest(\(days.map(\.date)), \(days.map { $0.mood ?? .nan })) AS d (at, mood)
        WHERE d.mood <> 'NaN'
        """)
      _ = try await connection.query(
        """
        INSERT INTO goals.messages (user_id, is_ai, created_at) SELECT \(user), false, d.at
        FROM unnest(\(days.map(\.date)), \(days.map { Int32($0.messages) })) AS d (at, n), generate_series(1, d.n)
        """)
      _ = try await connection.query(
        """
        INSERT INTO goals.goal_plan_suggestions (goal_id, user_id, suggestion_type, accepted, created_at)
        SELECT id, user_id, 'adjustment', true, \(days[change].date) FROM goals.goals
        WHERE user_id = \(user) AND title = 'Run'
        """)
    }
    return count
  }
}

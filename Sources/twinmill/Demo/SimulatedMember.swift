import FoundationEssentials
import Glibc
import Numerics
import Postgres

/// A year of a member who runs daily and reads on three days a week: better on working days, better still from an
/// accepted change of plan on; the mood of the journal follows what was done.
struct SimulatedMember {
  /// Days of history.
  static let days = 365
  /// The day of the change of plan.
  static let change = 220

  /// What a day held.
  struct Day {
    /// Noon, or thereabouts, in UTC.
    let date: Date
    let ran: Bool
    let read: Bool
    /// nil = no entry.
    let mood: Double?
    let messages: Int
  }

  /// - Parameters:
  ///   - seed: who it is.
  ///   - end: the newest day.
  static func days(seed: UInt64, until end: Date) -> [Day] {
    var random = SeededRandom(seed: 2000 + seed)
    let will = random.uniform(in: 0.6...0.75)
    var spirits = 0.0
    return (0..<days).map { day in
      let date = end.addingTimeInterval(86_400 * Double(day - days))
      // 1970-01-01 was a Thursday: 0 is Monday.
      let weekday = (Int(date.timeIntervalSince1970 / 86_400) + 3) % 7
      spirits = 0.6 * spirits + 0.15 * random.normal()
      let chance = will + (weekday < 5 ? 0.1 : -0.1) + (day >= change ? 0.12 : 0) + 0.2 * spirits
      let ran = random.uniform(in: 0...1) < chance
      let mood = tanh(0.4 * (ran ? 1 : -0.6) + spirits + 0.1 * random.normal())
      return Day(
        date: date.addingTimeInterval(random.uniform(in: -7200...7200)), ran: ran,
        read: [0, 2, 4].contains(weekday) && random.uniform(in: 0...1) < chance,
        mood: random.uniform(in: 0...1) < 0.8 ? mood : nil,
        messages: Int(random.uniform(in: 0...3) + (ran ? 0 : 1)))
    }
  }

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

import FoundationEssentials
import Glibc
import Numerics
import Postgres

/// A year of a user's tasks and conversations: more on working days, most done within a day or two, some never.
struct SimulatedWork {
  /// Days of history.
  static let days = 365

  /// A task.
  struct Task {
    let opened: Date
    /// nil = not yet.
    let completed: Date?
    let due: Date
  }

  /// A year of one user.
  struct Year {
    var tasks: [Task] = []
    /// Messages: when, in which conversation, and whose.
    var messages: [(date: Date, conversation: Int64, role: String)] = []
  }

  /// - Parameters:
  ///   - seed: who it is.
  ///   - end: the newest day.
  static func year(seed: UInt64, until end: Date) -> Year {
    var random = SeededRandom(seed: 3000 + seed)
    var year = Year()
    let speed = random.uniform(in: 14...26)
    for day in 0..<days {
      let morning = end.addingTimeInterval(86_400 * Double(day - days))
      let weekday = (Int(morning.timeIntervalSince1970 / 86_400) + 3) % 7
      let opened = Int(random.uniform(in: weekday < 5 ? 2...6 : 0...2))
      for _ in 0..<opened {
        let start = morning.addingTimeInterval(random.uniform(in: 0...28_800))
        let end = start.addingTimeInterval(3600 * speed * exp(0.8 * random.normal()))
        let isDone = random.uniform(in: 0...1) < 0.95 && end < morning.addingTimeInterval(86_400 * Double(days - day))
        year.tasks.append(
          Task(opened: start, completed: isDone ? end : nil, due: start.addingTimeInterval(2 * 86_400)))
      }
      for _ in 0..<Int(random.uniform(in: 0...3)) {
        let conversation = Int64(seed) * 1_000_000 + Int64(year.messages.count)
        let start = morning.addingTimeInterval(random.uniform(in: 0...36_000))
        for turn in 0..<Int(random.uniform(in: 2...9)) {
          year.messages.append(
            (start.addingTimeInterval(Double(turn) * 45), conversation, turn.isMultiple(of: 2) ? "user" : "assistant"))
        }
      }
    }
    return year
  }

  /// Writes two users.
  /// - Returns: how many tasks.
  static func fill(_ connection: Connection, until end: Date) async throws -> Int {
    var count = 0
    for (number, name) in ["carol", "dave"].enumerated() {
      let year = year(seed: UInt64(number + 1), until: end)
      _ = try await connection.query("INSERT INTO tasks.users (user_id, time_zone) VALUES (\(name), 'Europe/London')")
      _ = try await connection.query(
        """
        INSERT INTO tasks.tasks (user_id, title, completed, created_at, completed_at, due_at)
        SELECT \(name), 'a task', k.is_done, k.opened, CASE WHEN k.is_done THEN k.done END, k.due
        FROM unnest(\(year.tasks.map(\.opened)), \(year.tasks.map { $0.completed ?? $0.opened }),
          \(year.tasks.map { $0.completed != nil }), \(year.tasks.map(\.due))) AS k (opened, done, is_done, due)
        """)
      _ = try await connection.query(
        """
        INSERT INTO tasks.messages (created_at, conversation_id, role, user_id, content)
        SELECT m.*, \(name), 'words' FROM unnest(\(year.messages.map(\.date)), \(year.messages.map(\.conversation)),
          \(year.messages.map(\.role))) AS m
        """)
      count += year.tasks.count
    }
    return count
  }
}

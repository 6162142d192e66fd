import FoundationEssentials
import Postgres
import Simulation

extension SimulatedWork {
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

import FoundationEssentials
import Glibc
import Numerics

/// A year of a user's tasks and conversations: more on working days, most done within a day or two, some never.
package struct SimulatedWork {
  /// Days of history.
  package static let days = 365

  /// A task.
  package struct Task {
    package let opened: Date
    /// nil = not yet.
    package let completed: Date?
    package let due: Date
  }

  /// A year of one user.
  package struct Year {
    package var tasks: [Task] = []
    /// Messages: when, in which conversation, and whose.
    package var messages: [(date: Date, conversation: Int64, role: String)] = []
  }

  /// - Parameters:
  ///   - seed: who it is.
  ///   - end: the newest day.
  package static func year(seed: UInt64, until end: Date) -> Year {
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
}

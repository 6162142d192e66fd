import FoundationEssentials
import Glibc
import Numerics

/// A year of a recommender's user: propositions shown by a weekly rhythm, clicked the likelier the surer the model was,
/// and likelier still with the second version of the model.
package struct SimulatedAudience {
  /// Days of history.
  package static let days = 365
  /// The day of the second version.
  package static let change = 240

  /// One interaction.
  package struct Interaction {
    package let date: Date
    /// Which of the propositions.
    package let proposition: Int
    package let type: String
  }

  /// - Parameters:
  ///   - seed: who it is.
  ///   - end: the newest day.
  ///   - confidences: how sure the model is of each proposition.
  package static func year(
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
}

import Analysis
import FoundationEssentials

/// The recommendations of a twin through time. Pure.
///
/// - Advice that is open is updated in place; what two evaluations in a row would not give is withdrawn.
/// - What was withdrawn comes back in its row.
/// - What was finished or ignored comes back, in a row of its own, only on another occasion (another start of the
///   product, another episode), or when what it rests on has become clearly stronger: by half, or more urgent.
/// - At most ten are open at once: those that are open stay, new ones enter by priority and strength.
struct RecommendationTracker: Sendable {
  /// Evaluations without it that withdraw a recommendation.
  static let absencesToWithdraw = 2
  /// Most recommendations that are open at once.
  static let mostOpen = 10
  /// How much stronger is clearly stronger.
  static let clearlyStronger = 1.5

  /// A recommendation as it is to be written.
  struct Entry: Sendable {
    let recommendation: PriorRecommendation
    /// nil = not given this time: what was written stays.
    let advice: Advice?
  }

  /// - Parameter before: as stored, in any state.
  static func update(_ before: [PriorRecommendation], with advice: [Advice], twin: UUID) -> [Entry] {
    var entries: [Entry] = []
    var new: [(given: PriorRecommendation, advice: Advice)] = []
    var seen: Set<UUID> = []
    for advice in advice.sorted(by: precedes) {
      let former = before.filter { $0.subject == advice.subject }.max { $0.number < $1.number }
      guard let former else {
        new.append((PriorRecommendation(twin: twin, advice, number: 1), advice))
        continue
      }
      switch former.state {
      case .open:
        guard seen.insert(former.id).inserted else { continue }
        entries.append(Entry(recommendation: renewed(former, advice), advice: advice))
      case .withdrawn: new.append((renewed(former, advice), advice))
      case .done, .ignored:
        guard isNews(advice, after: former) else { continue }
        new.append((PriorRecommendation(twin: twin, advice, number: former.number + 1), advice))
      }
    }
    for former in before where former.state == .open && !seen.contains(former.id) {
      var former = former
      former.absent += 1
      if former.absent >= absencesToWithdraw { former.state = .withdrawn }
      entries.append(Entry(recommendation: former, advice: nil))
    }
    var open = entries.count { $0.recommendation.state == .open }
    for (given, advice) in new where open < mostOpen && seen.insert(given.id).inserted {
      entries.append(Entry(recommendation: given, advice: advice))
      open += 1
    }
    return entries
  }

  private static func renewed(_ given: PriorRecommendation, _ advice: Advice) -> PriorRecommendation {
    var given = given
    given.state = .open
    given.basis = advice.basis
    given.priority = advice.priority
    given.strength = advice.strength
    given.absent = 0
    return given
  }

  private static func isNews(_ advice: Advice, after former: PriorRecommendation) -> Bool {
    advice.basis != former.basis || advice.strength >= clearlyStronger * former.strength
      || advice.priority < former.priority
  }

  private static func precedes(_ one: Advice, _ other: Advice) -> Bool {
    if one.priority != other.priority { return one.priority < other.priority }
    if one.strength != other.strength { return one.strength > other.strength }
    return one.subject.text < other.subject.text
  }
}

import DequeModule

/// Whose turn it is among the groups that claims are made of: each queue with limits, and all others together (nil). A
/// round costs the groups that it names, not all.
struct GroupTurns: Sendable {
  /// Most groups of one round.
  static let ofRound = 16

  private var waiting: Deque<String?> = [nil]
  private var known: Set<String?> = [nil]
  /// The groups of the last round, in order, as far as their turn is open.
  private var named: [String?] = []

  /// Groups that have work now, as far as they are new.
  mutating func add(_ groups: [String?]) {
    for group in groups where known.insert(group).inserted { waiting.append(group) }
  }

  /// The groups of the next round. Those of the last one that had no turn come last.
  mutating func next(hasWork: (String?) -> Bool) -> [String?] {
    waiting.append(contentsOf: named)
    named = []
    var looked = 0
    let count = waiting.count
    while named.count < Self.ofRound, looked < count, let group = waiting.popFirst() {
      looked += 1
      if group == nil || hasWork(group) { named.append(group) } else { known.remove(group) }
    }
    guard !named.contains(nil), let others = waiting.firstIndex(of: nil) else { return named }
    waiting.remove(at: others)
    named.append(nil)
    return named
  }

  /// A group had its turn; those before it had theirs in vain, and those after it keep their place.
  mutating func had(_ group: String?) {
    guard let index = named.firstIndex(of: group) else { return }
    let after = named[(index + 1)...]
    waiting.append(contentsOf: named[...index])
    for group in after.reversed() { waiting.prepend(group) }
    named = []
  }
}

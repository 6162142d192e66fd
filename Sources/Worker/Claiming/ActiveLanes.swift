import HeapModule
import Queue

/// Of many lanes, the lane queues that have work, in the order in which claims ask for them: by what the tenant used of
/// late, then by age and priority. Knows no server.
///
/// A choice costs the lanes that it names, not all that have work. Lanes of tenants that used something stand apart, one
/// list for each tenant; all others stand in one heap.
struct ActiveLanes: Sendable {
  /// Lane queues from which one claim may fill a batch.
  private struct Shelf: Hashable {
    let kind: String
    let order: LaneQueue.Order
  }

  private struct Entry {
    let lane: Lane
    /// Seconds since 1970 at which the first job was to start, and those that its priority is worth.
    var due: Double
    /// Whether a claim that names it is under way.
    var isAsked = false
    /// Whether somebody found jobs in it while the claim was under way.
    var isFoundAgain = false
  }

  /// It counts as long as the entry of the queue has the same `due` and is not asked.
  private struct Node: Comparable {
    let due: Double
    let queue: LaneQueue

    static func < (a: Node, b: Node) -> Bool { (a.due, a.queue.lane) < (b.due, b.queue.lane) }
  }

  private struct Pile {
    var idle = Heap<Node>()
    /// Of tenants that used something, by tenant.
    var served: [String: Heap<Node>] = [:]
    /// How many lanes a claim names. It follows how many gave something.
    var breadth = ActiveLanes.leastBreadth
  }

  static let leastBreadth = 16
  /// One in so many of the lanes that a claim names is one that got jobs just now, of a tenant that used nothing. Else a
  /// new tenant would wait for all others that were not served yet either, however many there are.
  static let newcomersPart = 8

  private var entries: [LaneQueue: Entry] = [:]
  /// By the queue with limits (nil: all others), then by shelf.
  private var piles: [String?: [Shelf: Pile]] = [:]

  var isEmpty: Bool { entries.isEmpty }

  private var newGroups: [String?] = []
  /// Lane queues that got jobs since the last choice of their group, the newest last.
  private var newcomers: [String?: [LaneQueue]] = [:]
  /// Groups whose last claim named newcomers, so that it is the others' turn.
  private var newcomersHadTurn: Set<String?> = []

  /// Whether there may be work in a queue with limits, or in all others (nil).
  func hasWork(in group: String?) -> Bool { piles[group] != nil }

  /// The groups that got work since the last call.
  mutating func takeNewGroups() -> [String?] {
    defer { newGroups = [] }
    return newGroups
  }

  /// Somebody saw a job in a lane queue.
  /// - Parameter isNew: whether it just became ready.
  mutating func found(_ head: JobQueue.LaneHead, isNew: Bool = false) {
    let due = head.due + head.lane.priorityPenalty
    if let entry = entries[head.queue] {
      if entry.isAsked { entries[head.queue]?.isFoundAgain = true }
      guard !entry.isAsked, due < entry.due else { return }
    }
    let isKnown = entries[head.queue] != nil
    entries[head.queue] = Entry(lane: head.lane, due: due)
    push(head.queue)
    if isNew, !isKnown { newcomers[group(of: head.lane), default: []].append(head.queue) }
  }

  /// The lane queues that the next claim names, in order: all of one kind and order. They count as asked until `answered`
  /// or `putBack`.
  /// - Parameters:
  ///   - group: a queue with limits; nil: all others.
  ///   - limits: most jobs of a claim by kind.
  ///   - used: what tenants used of late; one that is missing used nothing.
  mutating func choose(
    from group: String?, limits: [String: Int], used: [String: Double]
  ) -> [(lane: Lane, order: LaneQueue.Order)] {
    guard var shelves = piles[group] else { return [] }
    // Taken out, so that it is not copied.
    piles[group] = nil
    defer { if !shelves.isEmpty { piles[group] = shelves } }
    var best: (shelf: Shelf, use: Double, due: Double)?
    for shelf in Array(shelves.keys) {
      guard let first = first(of: &shelves[shelf]!, used) else {
        shelves[shelf] = nil
        continue
      }
      if best.map({ (first.use, first.due) < ($0.use, $0.due) }) ?? true { best = (shelf, first.use, first.due) }
    }
    guard let first = best?.shelf else { return [] }
    let (shelf, new) = newcomers(of: group, or: first, used)
    let limit = min(limits[shelf.kind] ?? 1, shelves[shelf]?.breadth ?? 1)
    let places = new.suffix(max(limit / Self.newcomersPart, 1))
    for queue in places { entries[queue]!.isAsked = true }
    let others = shelves[shelf] == nil ? [] : take(limit - places.count, from: &shelves[shelf]!, used)
    return (places + others).map { queue in
      entries[queue]!.isAsked = true
      return (entries[queue]!.lane, queue.order)
    }
  }

  /// The shelf of the next claim, and its newcomers. They have every second claim: a stream of them starves nobody.
  private mutating func newcomers(
    of group: String?, or first: Shelf, _ used: [String: Double]
  ) -> (shelf: Shelf, new: [LaneQueue]) {
    let all = (newcomers.removeValue(forKey: group) ?? []).filter { queue in
      entries[queue].map { !$0.isAsked && used[$0.lane.tenant] == nil } ?? false
    }
    guard let newest = all.last else {
      newcomersHadTurn.remove(group)
      return (first, [])
    }
    if newcomersHadTurn.remove(group) != nil {
      newcomers[group] = all
      return (first, [])
    }
    newcomersHadTurn.insert(group)
    func shelf(of queue: LaneQueue) -> Shelf { Shelf(kind: entries[queue]!.lane.kind, order: queue.order) }
    let chosen = shelf(of: newest)
    let others = all.filter { shelf(of: $0) != chosen }
    if !others.isEmpty { newcomers[group] = others }
    return (chosen, all.filter { shelf(of: $0) == chosen })
  }

  private func group(of lane: Lane) -> String? { lane.isLimited ? lane.queue : nil }

  /// A claim answered.
  /// - Parameters:
  ///   - ranges: as it named them.
  ///   - isDrained: whether no job is left that anybody sees; otherwise those before the last that gave something are.
  /// - Returns: the lane queues that are empty.
  mutating func answered(
    _ ranges: [ClaimRange], portions: [JobQueue.Claim.Portion], isDrained: Bool
  ) -> [LaneQueue] {
    let gave = Dictionary(portions.map { ($0.queue, $0.lastDue) }, uniquingKeysWith: { _, last in last })
    let last = ranges.lastIndex { gave[$0.queue] != nil } ?? 0
    adjustBreadth(ranges, visited: isDrained ? ranges.count : last + 1, isDrained: isDrained)
    var emptied: [LaneQueue] = []
    for (index, range) in ranges.enumerated() {
      guard let entry = entries[range.queue] else { continue }
      if (isDrained || index < last) && !entry.isFoundAgain {
        entries[range.queue] = nil
        emptied.append(range.queue)
      } else {
        let due = gave[range.queue].map { $0 + range.lane.priorityPenalty } ?? entry.due
        entries[range.queue] = Entry(lane: entry.lane, due: max(due, entry.due))
        push(range.queue)
      }
    }
    return emptied
  }

  /// A claim did not come to look.
  mutating func putBack(_ ranges: [ClaimRange]) {
    for range in ranges where entries[range.queue] != nil {
      entries[range.queue]?.isAsked = false
      push(range.queue)
    }
  }

  // MARK: - Piles

  private mutating func push(_ queue: LaneQueue) {
    guard let entry = entries[queue] else { return }
    let group = group(of: entry.lane)
    if piles[group] == nil { newGroups.append(group) }
    piles[group, default: [:]][Shelf(kind: entry.lane.kind, order: queue.order), default: Pile()]
      .idle.insert(Node(due: entry.due, queue: queue))
  }

  private func counts(_ node: Node) -> Bool {
    entries[node.queue].map { $0.due == node.due && !$0.isAsked } ?? false
  }

  /// The first node of a heap that counts; those before it are taken out.
  private func first(of heap: inout Heap<Node>) -> Node? {
    while let node = heap.min {
      if counts(node) { return node }
      heap.removeMin()
    }
    return nil
  }

  /// The first node of a pile, with what its tenant used; puts lanes of tenants where they belong by now.
  private func first(of pile: inout Pile, _ used: [String: Double]) -> (use: Double, due: Double)? {
    for tenant in Array(pile.served.keys) where used[tenant] == nil {
      pile.idle.insert(contentsOf: pile.served.removeValue(forKey: tenant)!.unordered)
    }
    while let node = first(of: &pile.idle) {
      guard let tenant = tenantIfServed(node, used) else { return (0, node.due) }
      pile.served[tenant, default: Heap()].insert(node)
      pile.idle.removeMin()
    }
    var best: (use: Double, due: Double)?
    for tenant in Array(pile.served.keys) {
      guard let node = first(of: &pile.served[tenant]!) else {
        pile.served[tenant] = nil
        continue
      }
      let candidate = (use: used[tenant] ?? 0, due: node.due)
      if best.map({ candidate < $0 }) ?? true { best = candidate }
    }
    return best
  }

  private func tenantIfServed(_ node: Node, _ used: [String: Double]) -> String? {
    guard let tenant = entries[node.queue]?.lane.tenant, used[tenant] != nil else { return nil }
    return tenant
  }

  /// The first lane queues of a pile, taken out: those of tenants that used nothing, then tenant by tenant.
  private func take(_ limit: Int, from pile: inout Pile, _ used: [String: Double]) -> [LaneQueue] {
    var taken: [LaneQueue] = []
    var seen: Set<LaneQueue> = []
    while taken.count < limit, let node = first(of: &pile.idle) {
      pile.idle.removeMin()
      if let tenant = tenantIfServed(node, used) {
        pile.served[tenant, default: Heap()].insert(node)
      } else if seen.insert(node.queue).inserted {
        taken.append(node.queue)
      }
    }
    guard taken.count < limit else { return taken }
    for tenant in pile.served.keys.sorted(by: { (used[$0] ?? 0, $0) < (used[$1] ?? 0, $1) }) {
      while taken.count < limit, let node = first(of: &pile.served[tenant]!) {
        pile.served[tenant]!.removeMin()
        if seen.insert(node.queue).inserted { taken.append(node.queue) }
      }
      if taken.count == limit { break }
    }
    return taken
  }

  /// Names more lanes when all that were named did not fill the batch, and fewer when a few of them did.
  private mutating func adjustBreadth(_ ranges: [ClaimRange], visited: Int, isDrained: Bool) {
    guard let range = ranges.first else { return }
    let group = group(of: range.lane)
    let shelf = Shelf(kind: range.lane.kind, order: range.order)
    guard let breadth = piles[group]?[shelf]?.breadth else { return }
    if isDrained, visited >= breadth {
      piles[group]![shelf]!.breadth = min(breadth * 2, range.limit)
    } else if visited <= breadth / 4 {
      piles[group]![shelf]!.breadth = max(breadth / 2, Self.leastBreadth)
    }
  }
}

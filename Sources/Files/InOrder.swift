import FoundationEssentials

/// Work on many items at once, with results in the order of the items.
package enum InOrder {
  /// Transforms each item on up to `threads` threads (default: all cores).
  package static func map<Item: Sendable, Result: Sendable>(
    _ items: [Item], threads: Int?, _ transform: @escaping @Sendable (Item) -> Result
  ) async -> [Result] {
    let width = min(threads ?? .max, ProcessInfo.processInfo.activeProcessorCount)
    return await withTaskGroup(of: (Int, Result).self) { group in
      var results = [Result?](repeating: nil, count: items.count)
      var next = 0
      while next < min(width, items.count) {
        add(next, items[next], transform, to: &group)
        next += 1
      }
      while let (index, result) = await group.next() {
        results[index] = result
        if next < items.count {
          add(next, items[next], transform, to: &group)
          next += 1
        }
      }
      return results.compactMap { $0 }
    }
  }

  private static func add<Item: Sendable, Result: Sendable>(
    _ index: Int, _ item: Item, _ transform: @escaping @Sendable (Item) -> Result,
    to group: inout TaskGroup<(Int, Result)>
  ) {
    group.addTask { (index, transform(item)) }
  }
}

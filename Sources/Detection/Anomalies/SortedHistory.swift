/// Numbers in order, for ranks and tails of a growing history.
///
/// Blocks of bounded size: inserting, removing and ranking cost O(√n) in practice.
struct SortedHistory: Sendable {
  private var blocks: [[Double]] = []
  /// How many numbers it holds.
  private(set) var count = 0

  /// A block that grows beyond this is cut in half.
  private static let blockSize = 256

  /// Adds a number, which must not be NaN.
  mutating func insert(_ value: Double) {
    count += 1
    guard !blocks.isEmpty else {
      blocks.append([value])
      return
    }
    let block = max(0, firstBlock(above: value) - 1)
    let position = blocks[block].partitioningIndex { $0 > value }
    blocks[block].insert(value, at: position)
    if blocks[block].count > Self.blockSize {
      let half = Array(blocks[block][(Self.blockSize / 2)...])
      blocks[block].removeSubrange((Self.blockSize / 2)...)
      blocks.insert(half, at: block + 1)
    }
  }

  /// Removes one number; nothing happens when there is none like it.
  mutating func remove(_ value: Double) {
    // Where equal numbers were cut into several blocks, the last of these.
    let block = firstBlock(above: value) - 1
    guard block >= 0 else { return }
    let position = blocks[block].partitioningIndex { $0 >= value }
    guard position < blocks[block].count, blocks[block][position] == value else { return }
    blocks[block].remove(at: position)
    if blocks[block].isEmpty { blocks.remove(at: block) }
    count -= 1
  }

  /// How many numbers are below a value.
  func count(below value: Double) -> Int {
    var total = 0
    for block in blocks {
      if let last = block.last, last < value {
        total += block.count
      } else {
        return total + block.partitioningIndex { $0 >= value }
      }
    }
    return total
  }

  /// How many numbers are at or below a value.
  func count(notAbove value: Double) -> Int {
    var total = 0
    for block in blocks {
      if let last = block.last, last <= value {
        total += block.count
      } else {
        return total + block.partitioningIndex { $0 > value }
      }
    }
    return total
  }

  /// The number of a rank from 0, the least, to `count - 1`.
  subscript(rank: Int) -> Double {
    var rest = rank
    for block in blocks {
      if rest < block.count { return block[rest] }
      rest -= block.count
    }
    return .nan
  }

  /// Sum of the `k` greatest numbers.
  func sumOfGreatest(_ k: Int) -> Double {
    var rest = k
    var sum = 0.0
    for block in blocks.reversed() where rest > 0 {
      sum += block.suffix(rest).reduce(0, +)
      rest -= block.count
    }
    return sum
  }

  /// Sum of the `k` least numbers.
  func sumOfLeast(_ k: Int) -> Double {
    var rest = k
    var sum = 0.0
    for block in blocks where rest > 0 {
      sum += block.prefix(rest).reduce(0, +)
      rest -= block.count
    }
    return sum
  }

  /// Index of the first block whose least number is above a value.
  private func firstBlock(above value: Double) -> Int {
    blocks.partitioningIndex { $0[0] > value }
  }
}

extension RandomAccessCollection where Index == Int {
  /// The first index whose element meets a condition that all later elements meet too; `endIndex` when none does.
  func partitioningIndex(where belongsRight: (Element) -> Bool) -> Int {
    var low = startIndex
    var high = endIndex
    while low < high {
      let middle = (low + high) / 2
      if belongsRight(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

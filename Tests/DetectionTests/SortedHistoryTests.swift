import Testing

@testable import Detection

@Suite("SortedHistory")
struct SortedHistoryTests {
  @Test("ranks, values and sums are those of a sorted array, with repeated values and removals")
  func againstArray() {
    var noise = Noise(seed: 1)
    var history = SortedHistory()
    var all: [Double] = []
    for step in 0..<6_000 {
      let value = (noise.uniform() * 200).rounded()
      history.insert(value)
      all.append(value)
      if step % 3 == 2 {
        let removed = all.remove(at: Int(noise.uniform() * Double(all.count)))
        history.remove(removed)
      }
    }
    let sorted = all.sorted()
    #expect(history.count == sorted.count)
    for rank in stride(from: 0, to: sorted.count, by: 97) { #expect(history[rank] == sorted[rank]) }
    for value in stride(from: -1.0, through: 201, by: 0.5) {
      #expect(history.count(below: value) == sorted.count { $0 < value })
      #expect(history.count(notAbove: value) == sorted.count { $0 <= value })
    }
    for k in [1, 5, 256, 1_000, sorted.count] {
      #expect(history.sumOfGreatest(k) == sorted.suffix(k).reduce(0, +))
      #expect(history.sumOfLeast(k) == sorted.prefix(k).reduce(0, +))
    }
  }

  @Test("an empty history has no ranks and removing from it does nothing")
  func empty() {
    var history = SortedHistory()
    history.remove(1)
    #expect(history.count == 0 && history.count(below: 1) == 0 && history[0].isNaN && history.sumOfLeast(3) == 0)
  }
}

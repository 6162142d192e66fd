import Testing

@testable import Worker

@Suite("Hints")
struct HintsTests {
  private let start = ContinuousClock.now

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

  @Test("after one hint nobody keeps quiet")
  func one() {
    let hints = Hints()
    #expect(!hints.mayBeOutrun(at: at(0)))
    hints.heard(at: at(0))
    #expect(!hints.mayBeOutrun(at: at(1)))
  }

  @Test("after two hints of one turn a session may keep quiet until the turn is over")
  func two() {
    let hints = Hints()
    hints.heard(at: at(0))
    hints.heard(at: at(9))
    #expect(hints.mayBeOutrun(at: at(10)))
    #expect(hints.mayBeOutrun(at: at(18)))
    #expect(!hints.mayBeOutrun(at: at(19)))
  }

  @Test("two hints that come apart on their way count as one turn's, two of different turns do not")
  func apart() {
    let hints = Hints()
    hints.heard(at: at(0))
    hints.heard(at: at(19))
    #expect(hints.mayBeOutrun(at: at(20)))
    hints.heard(at: at(50))
    #expect(!hints.mayBeOutrun(at: at(51)))
  }
}

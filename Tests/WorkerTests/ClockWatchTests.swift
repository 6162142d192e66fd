import FoundationEssentials
import Testing

@testable import Worker

@Suite("Watching the server's clock")
struct ClockWatchTests {
  private let start = ContinuousClock.now
  private let noon = Date(timeIntervalSinceReferenceDate: 800_000_000)

  /// The step that the last of some answers shows: each asked and answered so many seconds after the start, with the
  /// server's time in seconds after noon.
  private func step(_ answers: (asked: Double, answered: Double, time: Double)...) -> ClockWatch.Step? {
    var watch = ClockWatch()
    var step: ClockWatch.Step?
    for answer in answers {
      step = watch.heard(
        noon.addingTimeInterval(answer.time), asked: start + .seconds(answer.asked),
        answered: start + .seconds(answer.answered))
    }
    return step
  }

  @Test("W5: a clock that goes on is no step, however long the answers take")
  func goesOn() {
    #expect(step((0, 0.1, 0)) == nil)
    #expect(step((0, 0.1, 0.05), (1, 1.1, 1.05)) == nil)
    // Answered late: the server's time may lie anywhere between question and answer.
    #expect(step((0, 9, 9), (10, 19, 10)) == nil)
    // Slewed by half a thousandth for an hour.
    #expect(step((0, 0.1, 0.05), (3600, 3600.1, 3598.3)) == nil)
    // Set forward: no instant came twice.
    #expect(step((0, 0.1, 0.05), (1, 1.1, 600)) == nil)
  }

  @Test("W5: a clock that was set back is a step whose span holds all instants that came twice")
  func setBack() throws {
    let step = try #require(self.step((0, 0.1, 600), (1, 1.1, 1)))
    // It may have happened at any time between the two answers.
    #expect(step.from <= noon && step.from > noon.addingTimeInterval(-2))
    #expect(step.until >= noon.addingTimeInterval(601) && step.until < noon.addingTimeInterval(603))
    #expect(self.step((0, 0.1, 600), (1, 1.1, 1), (2, 2.1, 2)) == nil)
    #expect(self.step((0, 0.01, 1), (1, 1.01, 1.8)) != nil)
  }
}

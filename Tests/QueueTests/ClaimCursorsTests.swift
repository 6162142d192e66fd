import Testing

@testable import Queue

@Suite("Claim cursors")
struct ClaimCursorsTests {
  let line = LaneQueue(lane: 1, order: .fresh)
  let start = ContinuousClock.now

  /// Where a claim that looks back starts.
  private func safe(_ cursors: ClaimCursors) -> Int64 {
    cursors.cursor(of: line, at: start + .seconds(3600))
  }

  /// Claims from the safe place, one after the other.
  private func claim(
    _ cursors: inout ClaimCursors, lastPosition: Int64, isDrained: Bool = false, _ snapshot: (xmin: Int64, xmax: Int64),
    at now: ContinuousClock.Instant? = nil
  ) {
    cursors.claimed(
      line, after: safe(cursors), lastPosition: lastPosition, isDrained: isDrained, snapshot: snapshot, at: now ?? start
    )
  }

  @Test("a line starts before its first job")
  func startsBeforeFirst() {
    var cursors = ClaimCursors()
    cursors.found(line, first: 7)
    #expect(safe(cursors) == 6)
  }

  @Test("places are passed once every transaction that was open when they were seen has ended")
  func passesWhenTransactionsEnded() {
    var cursors = ClaimCursors()
    claim(&cursors, lastPosition: 10, (xmin: 100, xmax: 105))
    #expect(safe(cursors) == 0)
    // Transaction 104 may still bring a lower place.
    claim(&cursors, lastPosition: 20, (xmin: 104, xmax: 110))
    #expect(safe(cursors) == 0)
    claim(&cursors, lastPosition: 30, (xmin: 105, xmax: 112))
    #expect(safe(cursors) == 10)
    claim(&cursors, lastPosition: 40, (xmin: 112, xmax: 112))
    #expect(safe(cursors) == 30)
  }

  @Test("a transaction that stays open is waited for no longer than the patience")
  func patienceEnds() {
    var cursors = ClaimCursors()
    claim(&cursors, lastPosition: 10, (xmin: 5, xmax: 105))
    claim(&cursors, lastPosition: 20, (xmin: 5, xmax: 200), at: start + ClaimCursors.patience - .milliseconds(1))
    #expect(safe(cursors) == 0)
    claim(&cursors, lastPosition: 30, (xmin: 5, xmax: 300), at: start + ClaimCursors.patience)
    #expect(safe(cursors) == 10)
  }

  @Test("a claim that met late commits first does not pass what it left behind")
  func lateCommitsFirst() {
    var cursors = ClaimCursors()
    claim(&cursors, lastPosition: 10, (xmin: 100, xmax: 105))
    // Full batch of late ids below the mark: more of them may be left.
    claim(&cursors, lastPosition: 8, (xmin: 200, xmax: 200))
    #expect(safe(cursors) == 0)
    claim(&cursors, lastPosition: 9, isDrained: true, (xmin: 200, xmax: 200))
    #expect(safe(cursors) >= 10)
  }

  @Test("full claims start where the last one ended, and look back now and then")
  func looksBack() {
    var cursors = ClaimCursors()
    claim(&cursors, lastPosition: 10, (xmin: 5, xmax: 105))
    #expect(cursors.cursor(of: line, at: start) == 10)
    #expect(cursors.cursor(of: line, at: start + ClaimCursors.lookBack) == 0)
    // A claim that did not look back proves nothing about what lies behind it.
    cursors.claimed(line, after: 10, lastPosition: 20, isDrained: false, snapshot: (xmin: 500, xmax: 500), at: start)
    #expect(cursors.cursor(of: line, at: start) == 20)
    #expect(safe(cursors) == 0)
  }

  @Test("a claim that came back short or empty makes the next one look back")
  func looksBackWhenDrained() {
    var cursors = ClaimCursors()
    claim(&cursors, lastPosition: 10, isDrained: true, (xmin: 5, xmax: 105))
    #expect(cursors.cursor(of: line, at: start) == 0)
    claim(&cursors, lastPosition: 20, (xmin: 5, xmax: 105))
    #expect(cursors.cursor(of: line, at: start) == 20)
    let mayHaveMissed = cursors.foundNothing(in: [line], at: start)
    #expect(mayHaveMissed && cursors.cursor(of: line, at: start) == 0)
    let mayStillHaveMissed = cursors.foundNothing(in: [line], at: start)
    #expect(!mayStillHaveMissed)
  }

  @Test("a job that is found behind the cursor moves it back")
  func comesBack() {
    var cursors = ClaimCursors()
    claim(&cursors, lastPosition: 10, (xmin: 1, xmax: 1))
    claim(&cursors, lastPosition: 20, (xmin: 1, xmax: 1))
    #expect(safe(cursors) == 10)
    let wasPassed = cursors.found(line, first: 4)
    #expect(wasPassed)
    #expect(cursors.cursor(of: line, at: start) == 3)
    let isAhead = !cursors.found(line, first: 50)
    #expect(isAhead)
    #expect(safe(cursors) == 3)
  }

  @Test("lines do not touch each other")
  func linesAreApart() {
    var cursors = ClaimCursors()
    let other = LaneQueue(lane: 1, order: .requeued)
    cursors.found(other, first: 100)
    claim(&cursors, lastPosition: 10, (xmin: 1, xmax: 1))
    claim(&cursors, lastPosition: 20, (xmin: 1, xmax: 1))
    #expect(cursors.cursor(of: other, at: start) == 99)
  }
}

@Suite("Backoff")
struct BackoffTests {
  @Test("doubles with each error and stops at an hour")
  func doubles() {
    #expect(Backoff.delay(base: .seconds(5), errors: 1, spread: 0) == .seconds(5))
    #expect(Backoff.delay(base: .seconds(5), errors: 4, spread: 0) == .seconds(40))
    #expect(Backoff.delay(base: .seconds(5), errors: 500, spread: 0) == .seconds(3600))
  }

  @Test("is spread over ten per cent either way")
  func spreads() {
    #expect(Backoff.delay(base: .seconds(10), errors: 1, spread: 1) == .seconds(11))
    #expect(Backoff.delay(base: .seconds(10), errors: 1, spread: -1) == .seconds(9))
  }
}

import Testing

@testable import Queue

@Suite("Claim cursors")
struct ClaimCursorsTests {
  let lane = Lane(queue: "q", kind: "k", priority: 0)
  let start = ContinuousClock.now

  private func cursor(_ cursors: ClaimCursors) -> JobID? {
    cursors.lanes.first { $0.lane == lane }?.cursor
  }

  @Test("a lane starts before its first job")
  func startsBeforeFirst() {
    var cursors = ClaimCursors()
    cursors.found(lane, first: 7, at: start)
    #expect(cursor(cursors) == 6)
  }

  @Test("ids are passed once every transaction that was open when they were seen has ended")
  func passesWhenTransactionsEnded() {
    var cursors = ClaimCursors()
    cursors.found(lane, first: 1, at: start)
    cursors.claimed(lane, highest: 10, isDrained: false, snapshot: (xmin: 100, xmax: 105), at: start)
    #expect(cursor(cursors) == 0)
    // Transaction 104 may still bring a lower id.
    cursors.claimed(lane, highest: 20, isDrained: false, snapshot: (xmin: 104, xmax: 110), at: start)
    #expect(cursor(cursors) == 0)
    cursors.claimed(lane, highest: 30, isDrained: false, snapshot: (xmin: 105, xmax: 112), at: start)
    #expect(cursor(cursors) == 10)
    cursors.claimed(lane, highest: 40, isDrained: false, snapshot: (xmin: 112, xmax: 112), at: start)
    #expect(cursor(cursors) == 30)
  }

  @Test("a transaction that stays open is waited for no longer than the patience")
  func patienceEnds() {
    var cursors = ClaimCursors()
    cursors.found(lane, first: 1, at: start)
    cursors.claimed(lane, highest: 10, isDrained: false, snapshot: (xmin: 5, xmax: 105), at: start)
    let almost = start + ClaimCursors.patience - .milliseconds(1)
    cursors.claimed(lane, highest: 20, isDrained: false, snapshot: (xmin: 5, xmax: 200), at: almost)
    #expect(cursor(cursors) == 0)
    cursors.claimed(
      lane, highest: 30, isDrained: false, snapshot: (xmin: 5, xmax: 300), at: start + ClaimCursors.patience)
    #expect(cursor(cursors) == 10)
  }

  @Test("a claim that met late commits first does not pass what it left behind")
  func lateCommitsFirst() {
    var cursors = ClaimCursors()
    cursors.found(lane, first: 1, at: start)
    cursors.claimed(lane, highest: 10, isDrained: false, snapshot: (xmin: 100, xmax: 105), at: start)
    // Full batch of late ids below the mark: more of them may be left.
    cursors.claimed(lane, highest: 8, isDrained: false, snapshot: (xmin: 200, xmax: 200), at: start)
    #expect(cursor(cursors) == 0)
    cursors.claimed(lane, highest: 9, isDrained: true, snapshot: (xmin: 200, xmax: 200), at: start)
    #expect(cursor(cursors)! >= 10)
  }

  @Test("a job that comes back behind the cursor moves it back")
  func comesBack() {
    var cursors = ClaimCursors()
    cursors.found(lane, first: 1, at: start)
    cursors.claimed(lane, highest: 10, isDrained: false, snapshot: (xmin: 1, xmax: 1), at: start)
    cursors.claimed(lane, highest: 20, isDrained: false, snapshot: (xmin: 1, xmax: 1), at: start)
    #expect(cursor(cursors) == 10)
    cursors.found(lane, first: 4, at: start)
    #expect(cursor(cursors) == 3)
    cursors.found(lane, first: 50, at: start)
    #expect(cursor(cursors) == 3)
  }

  @Test("lanes do not touch each other")
  func lanesAreApart() {
    var cursors = ClaimCursors()
    let other = Lane(queue: "q", kind: "k", priority: 1)
    cursors.found(lane, first: 1, at: start)
    cursors.found(other, first: 100, at: start)
    cursors.claimed(lane, highest: 10, isDrained: false, snapshot: (xmin: 1, xmax: 1), at: start)
    cursors.claimed(lane, highest: 20, isDrained: false, snapshot: (xmin: 1, xmax: 1), at: start)
    #expect(cursors.lanes.first { $0.lane == other }?.cursor == 99)
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

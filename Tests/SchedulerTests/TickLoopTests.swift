import FoundationEssentials
import Testing

@testable import Scheduler

@Suite("The scheduler's loop")
struct TickLoopTests {
  private let now = Date(timeIntervalSince1970: 1_795_255_200)

  private func settled() -> TickLoop {
    var loop = TickLoop()
    #expect(loop.handle(.connected) == .peek)
    #expect(loop.handle(.peeked(now: now, next: nil)) == .prune)
    #expect(loop.handle(.pruned(isBehind: false)) == .peek)
    return loop
  }

  @Test("ticks while something is due, and looks again after each tick")
  func ticks() {
    var loop = settled()
    #expect(loop.handle(.peeked(now: now, next: now)) == .tick)
    #expect(loop.handle(.ticked(schedules: 3)) == .peek)
    #expect(loop.handle(.peeked(now: now, next: .distantPast)) == .tick)
  }

  @Test("waits briefly when another scheduler holds what is due, instead of spinning")
  func contention() {
    var loop = settled()
    #expect(loop.handle(.peeked(now: now, next: now)) == .tick)
    #expect(loop.handle(.ticked(schedules: 0)) == .sleep(.milliseconds(50)))
  }

  @Test("sleeps until the next instant, but never longer than the poll")
  func sleeps() {
    var loop = settled()
    #expect(loop.handle(.peeked(now: now, next: now.addingTimeInterval(0.25))) == .sleep(.milliseconds(250)))
    #expect(loop.handle(.slept) == .peek)
    #expect(loop.handle(.peeked(now: now, next: now.addingTimeInterval(86_400))) == .sleep(.seconds(1)))
    #expect(loop.handle(.peeked(now: now, next: nil)) == .sleep(.seconds(1)))
  }

  @Test("prunes once a minute, and goes on while it is behind")
  func prunes() {
    var loop = settled()
    let later = now.addingTimeInterval(61)
    #expect(loop.handle(.peeked(now: later, next: nil)) == .prune)
    #expect(loop.handle(.pruned(isBehind: true)) == .peek)
    #expect(loop.handle(.peeked(now: later, next: nil)) == .prune)
    #expect(loop.handle(.pruned(isBehind: false)) == .peek)
    #expect(loop.handle(.peeked(now: later, next: nil)) == .sleep(.seconds(1)))
  }

  @Test("backs off after failures, longer each time up to two seconds, and forgets them after a success")
  func backsOff() {
    var loop = settled()
    #expect(loop.handle(.failed(random: 1)) == .reconnect(after: .milliseconds(100)))
    #expect(loop.handle(.failed(random: 0)) == .reconnect(after: .milliseconds(100)))
    for _ in 0..<100 { _ = loop.handle(.failed(random: 0.5)) }
    #expect(loop.handle(.failed(random: 1)) == .reconnect(after: .seconds(2)))
    #expect(loop.handle(.failed(random: 0)) == .reconnect(after: .seconds(1)))
    #expect(loop.handle(.connected) == .peek)
    #expect(loop.handle(.peeked(now: now, next: nil)) == .sleep(.seconds(1)))
    #expect(loop.handle(.failed(random: 1)) == .reconnect(after: .milliseconds(100)))
  }

  @Test("W6: on a standby looks succeed and writes fail: the pauses grow all the same")
  func standby() {
    for next: Date? in [now, nil] {
      var loop = TickLoop()
      var last = TickLoop.Action.connect
      for _ in 0..<20 {
        #expect(loop.handle(.connected) == .peek)
        let write = loop.handle(.peeked(now: now, next: next))
        #expect(write == (next == nil ? .prune : .tick))
        last = loop.handle(.failed(random: 1))
      }
      #expect(last == .reconnect(after: .seconds(2)))
      #expect(loop.failures == 20)
      _ = loop.handle(.connected)
      _ = loop.handle(.peeked(now: now, next: next))
      _ = loop.handle(next == nil ? .pruned(isBehind: false) : .ticked(schedules: 1))
      #expect(loop.failures == 0)
    }
  }

  @Test("ends only when it is asked to")
  func ends() {
    var loop = settled()
    #expect(loop.handle(.stopped) == .finish)
  }
}

import FoundationEssentials
import Queue
import Testing

@testable import Worker

@Suite("Lease")
struct LeaseTests {
  let start = ContinuousClock.now

  @Test("is unknown until the server grants it, then held for its length from the sending of the request")
  func held() {
    var lease = Lease(length: .seconds(15))
    #expect(lease.state(at: start) == .unknown)
    lease.renewed(sentAt: start)
    #expect(lease.state(at: start + .seconds(14)) == .held)
    #expect(lease.state(at: start + .seconds(15)) == .unknown)
  }

  @Test("does not count as held for something that may outlast it")
  func margin() {
    var lease = Lease(length: .seconds(15))
    lease.renewed(sentAt: start)
    #expect(lease.state(at: start + .seconds(10), margin: .seconds(5)) == .unknown)
    #expect(lease.state(at: start + .seconds(10), margin: .seconds(4)) == .held)
  }

  @Test("is held again after an unknown time if nobody gave the worker up")
  func heldAgain() {
    var lease = Lease(length: .seconds(15))
    lease.renewed(sentAt: start)
    lease.renewed(sentAt: start + .seconds(60))
    #expect(lease.state(at: start + .seconds(61)) == .held)
  }

  @Test("once lost it stays lost")
  func lost() {
    var lease = Lease(length: .seconds(15))
    lease.refused()
    lease.renewed(sentAt: start)
    #expect(lease.state(at: start) == .lost)
  }
}

@Suite("Rescue watch")
struct RescueWatchTests {
  let start = ContinuousClock.now
  let worker = UUID()

  private func beat(_ count: Int64) -> JobQueue.Heartbeat {
    JobQueue.Heartbeat(worker: worker, count: count, interval: .seconds(1))
  }

  @Test("suspects a worker whose beat stands still for three heartbeats of the observer's clock")
  func standsStill() {
    var watch = RescueWatch()
    #expect(watch.observe([beat(7)], at: start).isEmpty)
    #expect(watch.observe([beat(7)], at: start + .seconds(2)).isEmpty)
    #expect(watch.observe([beat(7)], at: start + .seconds(3)) == [beat(7)])
  }

  @Test("starts anew when the beat moves")
  func moves() {
    var watch = RescueWatch()
    _ = watch.observe([beat(7)], at: start)
    #expect(watch.observe([beat(8)], at: start + .seconds(3)).isEmpty)
    #expect(watch.observe([beat(8)], at: start + .seconds(5)).isEmpty)
    #expect(watch.observe([beat(8)], at: start + .seconds(6)) == [beat(8)])
  }

  @Test("a time in which the observer could not look counts for nothing")
  func interrupted() {
    var watch = RescueWatch()
    _ = watch.observe([beat(7)], at: start)
    watch.interrupted()
    #expect(watch.observe([beat(7)], at: start + .seconds(60)).isEmpty)
  }
}

@Suite("Wake-up")
struct WakeUpTests {
  @Test("a signal that nobody waited for ends the next wait at once")
  func kept() async {
    let wakeUp = WakeUp()
    wakeUp.signal()
    wakeUp.signal()
    await wakeUp.wait(atMost: .seconds(3600))
  }

  @Test("a signal ends the present wait")
  func ends() async {
    let wakeUp = WakeUp()
    async let waiting: Void = wakeUp.wait(atMost: .seconds(3600))
    await Task.yield()
    wakeUp.signal()
    await waiting
  }

  @Test("cancellation ends the wait")
  func cancelled() async {
    let wakeUp = WakeUp()
    let waiting = Task { await wakeUp.wait(atMost: .seconds(3600)) }
    waiting.cancel()
    await waiting.value
  }
}

@Suite("In flight")
struct InFlightTests {
  private func job(_ id: JobID) -> Job {
    Job(
      id: id, kind: "k", queue: "q", priority: 0, twinID: nil, arguments: .init(text: "{}"), attempt: 1,
      maxAttempts: 1, crashes: 0, token: UUID(), enqueuedAt: .now, runAt: .now, claimedAt: .now, requestedBy: "me")
  }

  @Test("a job asked to stop before its computation began is cancelled when it begins")
  func cancelBeforeBegin() async {
    let inFlight = InFlight()
    inFlight.add([job(1), job(2)])
    inFlight.cancel(1, .requested)
    await confirmation { cancelled in
      inFlight.began(job(1), timesOut: .now + .seconds(60), deadline: nil) { cancelled() }
      inFlight.began(job(2), timesOut: .now + .seconds(60), deadline: nil) {
        Issue.record("job 2 was not asked to stop")
      }
    }
    #expect(inFlight.reason(for: job(1)) == .requested)
    #expect(inFlight.reason(for: job(2)) == nil)
  }

  @Test("draining cancels everything, also what begins later, and a lost lease outranks it")
  func cancelAll() async {
    let inFlight = InFlight()
    inFlight.add([job(1)])
    await confirmation(expectedCount: 2) { cancelled in
      inFlight.began(job(1), timesOut: .now + .seconds(60), deadline: nil) { cancelled() }
      inFlight.cancelAll(.draining)
      inFlight.add([job(2)])
      inFlight.began(job(2), timesOut: .now + .seconds(60), deadline: nil) { cancelled() }
    }
    #expect(inFlight.reason(for: job(2)) == .draining)
    inFlight.cancelAll(.leaseLost)
    #expect(inFlight.reason(for: job(2)) == .leaseLost)
  }

  @Test("jobs that have ended are neither counted nor cancelled")
  func removed() {
    let inFlight = InFlight()
    inFlight.add([job(1)])
    inFlight.began(job(1), timesOut: .now + .seconds(60), deadline: nil) { Issue.record("the job has ended") }
    inFlight.remove([job(1)])
    inFlight.cancel(1, .requested)
    #expect(inFlight.count == 0)
  }

  @Test("an earlier batch that ends later does not forget a later attempt of its job")
  func laterAttempt() {
    let inFlight = InFlight()
    func job(attempt: Int) -> Job {
      Job(
        id: 1, kind: "k", queue: "q", priority: 0, twinID: nil, arguments: .init(text: "{}"), attempt: attempt,
        maxAttempts: 9, crashes: 0, token: UUID(), enqueuedAt: .now, runAt: .now, claimedAt: .now, requestedBy: "me")
    }
    inFlight.add([job(attempt: 1)])
    inFlight.remove([job(attempt: 1)])
    inFlight.add([job(attempt: 2)])
    inFlight.remove([job(attempt: 1)])
    #expect(inFlight.count == 1)
    inFlight.cancel(1, .requested)
    #expect(inFlight.reason(for: job(attempt: 2)) == .requested)
    #expect(inFlight.reason(for: job(attempt: 1)) == nil)
  }
}

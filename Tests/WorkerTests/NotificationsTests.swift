import Testing

@testable import Worker

@Suite("Notifications")
struct NotificationsTests {
  private let start = ContinuousClock.now

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

  @Test("after one notification no session keeps quiet")
  func one() {
    let jobs = Notifications()
    #expect(!jobs.mayBeThrottled(at: at(0)))
    jobs.reported(at: at(0))
    #expect(!jobs.mayBeThrottled(at: at(1)))
  }

  @Test("after two notifications of one throttle window a session may keep quiet until the window is over")
  func two() {
    let jobs = Notifications()
    jobs.reported(at: at(0))
    jobs.reported(at: at(9))
    #expect(jobs.mayBeThrottled(at: at(10)))
    #expect(jobs.mayBeThrottled(at: at(18)))
    #expect(!jobs.mayBeThrottled(at: at(19)))
  }

  @Test("two notifications that come apart on their way count as one window's, two of different windows do not")
  func apart() {
    let jobs = Notifications()
    jobs.reported(at: at(0))
    jobs.reported(at: at(19))
    #expect(jobs.mayBeThrottled(at: at(20)))
    jobs.reported(at: at(50))
    #expect(!jobs.mayBeThrottled(at: at(51)))
  }
}

import FoundationEssentials
import Testing

@testable import Scheduler

@Suite("Plan of a tick")
struct TickPlanTests {
  /// 2026-11-21T10:00:00Z
  private let ten = Date(timeIntervalSince1970: 1_795_255_200)

  private func schedule(
    _ cron: String = "*/5 * * * *", overlap: OverlapPolicy = .allow, catchUp: CatchUpPolicy = .latest,
    jitter: Duration = .zero, until: TimeInterval
  ) throws -> Schedule {
    Schedule(
      name: "s", cron: try CronExpression(cron), timeZone: .gmt, overlap: overlap, catchUp: catchUp, jitter: jitter,
      plannedUntil: ten.addingTimeInterval(until))
  }

  private func text(_ plan: TickPlan) -> [String] {
    plan.decisions.map { "\(Int($0.plannedAt.timeIntervalSince(ten) / 60)) \($0.outcome.rawValue)" }
  }

  @Test("an instant that is due is enqueued, the next one is named")
  func due() throws {
    let plan = TickPlan(try schedule(until: -60), now: ten.addingTimeInterval(0.3))
    #expect(text(plan) == ["0 enqueued"])
    #expect(plan.plannedUntil == ten)
    #expect(plan.nextAt == ten.addingTimeInterval(300))
    #expect(plan.decisions[0].runAt == ten)
    #expect(plan.decisions[0].reason == nil)
  }

  @Test("nothing is due before the instant, and nothing again after it")
  func notDue() throws {
    let early = TickPlan(try schedule(until: -60), now: ten.addingTimeInterval(-0.001))
    #expect(early.decisions.isEmpty && early.nextAt == ten)
    #expect(early.plannedUntil == ten.addingTimeInterval(-60))
    let late = TickPlan(try schedule(until: 0), now: ten.addingTimeInterval(299))
    #expect(late.decisions.isEmpty && late.nextAt == ten.addingTimeInterval(300))
  }

  @Test("catch-up latest runs the newest instant however late")
  func latest() throws {
    let plan = TickPlan(try schedule(until: -1_000), now: ten.addingTimeInterval(240))
    #expect(text(plan) == ["-15 missed", "-10 missed", "-5 missed", "0 enqueued"])
    #expect(plan.decisions[3].reason == "caught up 240 s late")
  }

  @Test("catch-up all runs the newest N, oldest first")
  func all() throws {
    let plan = TickPlan(try schedule(catchUp: .all(limit: 2), until: -1_000), now: ten.addingTimeInterval(240))
    #expect(text(plan) == ["-15 missed", "-10 missed", "-5 enqueued", "0 enqueued"])
  }

  @Test("catch-up skip runs the newest instant only when it is hardly late")
  func skip() throws {
    #expect(
      text(TickPlan(try schedule(catchUp: .skip, until: -400), now: ten.addingTimeInterval(59))) == [
        "-5 missed", "0 enqueued",
      ])
    #expect(
      text(TickPlan(try schedule(catchUp: .skip, until: -400), now: ten.addingTimeInterval(61))) == [
        "-5 missed", "0 missed",
      ])
  }

  @Test("overlap skip lets no instant run beside an unfinished job, not even one of the same tick")
  func overlapSkip() throws {
    let some = try schedule(overlap: .skip, catchUp: .all(limit: 3), until: -700)
    #expect(text(TickPlan(some, now: ten)) == ["-10 enqueued", "-5 skipped", "0 skipped"])
    #expect(text(TickPlan(some, unfinished: 1, waiting: 0, now: ten)) == ["-10 skipped", "-5 skipped", "0 skipped"])
  }

  @Test("overlap queue_one lets one job wait beside the running one")
  func overlapQueueOne() throws {
    let some = try schedule(overlap: .queueOne, catchUp: .all(limit: 3), until: -700)
    #expect(
      text(TickPlan(some, unfinished: 1, waiting: 0, now: ten)) == ["-10 enqueued", "-5 skipped", "0 skipped"])
    #expect(text(TickPlan(some, unfinished: 2, waiting: 1, now: ten)) == ["-10 skipped", "-5 skipped", "0 skipped"])
  }

  @Test("overlap allow enqueues beside any number")
  func overlapAllow() throws {
    let some = try schedule(overlap: .allow, catchUp: .all(limit: 3), until: -700)
    #expect(
      text(TickPlan(some, unfinished: 9, waiting: 9, now: ten)) == ["-10 enqueued", "-5 enqueued", "0 enqueued"])
  }

  @Test("jitter delays each job within its bound, always the same way, and spreads")
  func jitter() throws {
    let some = try schedule("* * * * *", catchUp: .all(limit: 1_000), jitter: .seconds(50), until: -59_000)
    let plan = TickPlan(some, now: ten)
    #expect(plan == TickPlan(some, now: ten))
    let delays = plan.decisions.compactMap { $0.runAt?.timeIntervalSince($0.plannedAt) }
    #expect(delays.count == 984)
    #expect(delays.allSatisfy { (0...50).contains($0) })
    #expect((delays.min() ?? 9) < 2 && (delays.max() ?? 0) > 48)
    #expect(abs(delays.reduce(0, +) / 984 - 25) < 2)
  }

  @Test("a long outage is decided in chunks; every instant once, with the same end as in one piece", arguments: [1, 7])
  func chunks(limit: Int) throws {
    for policy in [CatchUpPolicy.latest, .skip, .all(limit: limit)] {
      var some = try schedule("* * * * *", catchUp: policy, until: -6_000)
      let whole = TickPlan(some, now: ten)
      var pieces: [TickPlan.Decision] = []
      var last: TickPlan?
      for _ in 0..<40 {
        let plan = TickPlan(some, now: ten, limits: TickPlan.Limits(chunk: 9))
        pieces += plan.decisions
        some.plannedUntil = plan.plannedUntil
        last = plan
      }
      #expect(pieces == whole.decisions)
      #expect(last?.nextAt == whole.nextAt)
      #expect(pieces.count == 100)
      #expect(pieces.filter { $0.outcome == .enqueued }.count == (policy == .all(limit: 7) ? 7 : 1))
    }
  }

  @Test("instants beyond retention are not recorded")
  func retention() throws {
    let plan = TickPlan(
      try schedule("0 0 * * *", until: -400 * 86_400), now: ten, limits: TickPlan.Limits(retention: .seconds(864_000)))
    #expect(plan.decisions.count == 10)
  }
}

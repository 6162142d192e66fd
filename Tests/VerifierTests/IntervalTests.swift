import FoundationEssentials
import Queue
import Testing

@testable import Verifier

@Suite("Judging intervals")
struct IntervalTests {
  /// Jobs of one key, from when to when.
  private func keys(_ jobs: [(Double, Double?)], slack: Double = 0.02) -> CheckResult? {
    var judge = UniqueKeyJudge(slack: slack, Verdict())
    for (index, (start, end)) in jobs.enumerated() {
      judge.add(JobID(index + 1), kind: "probe", key: "k", from: .second(start), to: end.map { .second($0) })
    }
    return judge.verdict.findings[.uniqueKeys]
  }

  @Test("jobs of one key one after another prove, the last one unfinished")
  func inTurn() {
    let finding = keys([(0, 1), (1, 2), (2.5, nil)])
    #expect(finding?.refutations == 0)
    #expect(finding?.counts.map(\.count) == [3])
  }

  @Test("a job enqueued while another of its key is unfinished refutes, however long ago that one began")
  func doubled() {
    #expect(keys([(0, 1), (0.5, 2)])?.refutations == 1)
    #expect(keys([(0, nil), (5, 6)])?.refutations == 1)
    #expect(keys([(0, 9), (10, 20), (11, 12), (13, 14)])?.refutations == 2)
    #expect(
      keys([(0, 1), (0.5, 2)])?.offenders == [
        Offender(
          job: 2, expected: "probe with key k: enqueued after job 1 has ended",
          seen: "enqueued 500 ms before job 1 ended")
      ])
  }

  @Test("an enqueue that waited for the commit that freed its key is no double")
  func slack() {
    #expect(keys([(0, 1), (0.99, 2)])?.refutations == 0)
    #expect(keys([(0, 1), (0.99, 2)], slack: 0)?.refutations == 1)
  }

  @Test("another kind or another key is another matter")
  func others() {
    var judge = UniqueKeyJudge(slack: 0, Verdict())
    judge.add(1, kind: "probe", key: "a", from: .second(0), to: nil)
    judge.add(2, kind: "probe", key: "b", from: .second(1), to: nil)
    judge.add(3, kind: "sweep", key: "b", from: .second(1), to: nil)
    #expect(judge.verdict.isProven)
  }

  /// Changes of the running jobs of one queue.
  private func limit(_ limit: Int, _ changes: [(String, String?, Int)]) -> CheckResult? {
    var judge = LimitJudge(limits: ["q": limit], Verdict())
    for (index, (queue, key, change)) in changes.enumerated() {
      judge.add(JobID(index + 1), queue: queue, key: key, at: .second(Double(index)), change: change)
    }
    return judge.verdict.findings[.limits]
  }

  @Test("as many jobs at once as the limit prove; one more refutes, each time")
  func limits() {
    #expect(limit(2, [("q", nil, 1), ("q", nil, 1), ("q", nil, -1), ("q", nil, 1)])?.refutations == 0)
    #expect(limit(1, [("q", nil, 1), ("q", nil, 1), ("q", nil, -1), ("q", nil, 1)])?.refutations == 2)
    #expect(
      limit(1, [("q", nil, 1), ("q", nil, 1)])?.offenders
        == [Offender(job: 2, expected: "at most 1 jobs of queue q running", seen: "2 running")])
  }

  @Test("W5: where the server's clock was set back, instants refute nothing; elsewhere they do as ever")
  func clockSetBack() {
    // At second 600 the clock was set back to 0: a worker saw it between 599 and 601, which was then 0 to 2.
    let clock = ClockSpans([(.second(-1), .second(601)), (.second(0), .second(600))])
    func keys(_ jobs: [(Double, Double?)]) -> CheckResult? {
      var judge = UniqueKeyJudge(slack: 0.02, clock: clock, Verdict())
      for (index, (start, end)) in jobs.enumerated() {
        judge.add(JobID(index + 1), kind: "probe", key: "k", from: .second(start), to: end.map { .second($0) })
      }
      return judge.verdict.findings[.uniqueKeys]
    }
    // Ended before the step at 590; the next one was enqueued after it, at 5.
    #expect(keys([(0.5, 590), (5, 8)])?.refutations == 0)
    #expect(keys([(0.5, 590), (5, 8)])?.counts.map(\.count) == [2, 1])
    // The same, in the order of the instants: the one that was enqueued after the step ended after the span.
    #expect(keys([(5, 700), (100, 590)])?.refutations == 0)
    #expect(keys([(700, 720), (710, 730)])?.refutations == 1)
    #expect(keys([(500, 720), (510, 730)])?.refutations == 1)
    #expect(keys([(650, nil), (660, 670)])?.refutations == 1)

    var limits = LimitJudge(limits: ["q": 1], clock: clock, Verdict())
    limits.add(2, queue: "q", key: nil, at: .second(5), change: 1)
    limits.add(1, queue: "q", key: nil, at: .second(80), change: 1)
    limits.add(1, queue: "q", key: nil, at: .second(90), change: -1)
    limits.add(2, queue: "q", key: nil, at: .second(590), change: -1)
    #expect(limits.verdict.isProven)
    limits.add(3, queue: "q", key: nil, at: .second(700), change: 1)
    limits.add(4, queue: "q", key: nil, at: .second(701), change: 1)
    #expect(limits.verdict.findings[.limits]?.refutations == 1)
  }

  @Test("each concurrency key and each queue is counted for itself; queues without a limit are not")
  func groups() {
    #expect(limit(1, [("q", "a", 1), ("q", "b", 1), ("r", "a", 1), ("r", "a", 1)])?.refutations == 0)
    #expect(limit(1, [("q", "a", 1), ("q", "a", 1)])?.refutations == 1)
    #expect(limit(1, [("q", "a", 1), ("r", "a", 1)])?.counts.map(\.count) == [1])
  }
}

import FoundationEssentials
import Queue
import Testing

@testable import Verifier

@Suite("Judging a job")
struct JobJudgeTests {
  private let asked = JobJudge.Question(hasLog: true, completeKinds: ["probe"], hasEarlier: true)

  private func verdict(_ job: JobWitness, _ question: JobJudge.Question? = nil) -> Verdict {
    var judge = JobJudge(question ?? asked)
    judge.judge(job)
    return judge.verdict
  }

  /// The checks that a job refutes, and nothing else.
  private func refuted(_ job: JobWitness, _ question: JobJudge.Question? = nil) -> [Check] {
    let verdict = verdict(job, question)
    return Check.allCases.filter { (verdict.findings[$0]?.refutations ?? 0) > 0 }
  }

  private func attempts(_ attempts: Attempts, _ state: String = "completed") -> [Check] {
    refuted(
      JobWitness.good.with {
        $0.finals = [
          .good.with {
            $0.attempts = attempts; $0.state = state
          }
        ]
        $0.writes = state == "completed" ? [.good.with { $0.attempt = attempts.last }] : []
      })
  }

  @Test("a job that was acknowledged, completed once and wrote its rows proves all")
  func good() {
    #expect(refuted(.good) == [])
    #expect(verdict(.good).findings[.acknowledged]?.counts.map(\.name) == ["jobs", "final"])
    #expect(verdict(.good).findings[.writes]?.counts.map(\.count) == [1, 3])
  }

  // MARK: - Acknowledged

  @Test("an acknowledged job that is neither final nor live is lost, also one that another was merged with")
  func lost() {
    let gone = JobWitness(job: 7).with { $0.inserted = 1 }
    #expect(refuted(gone) == [.acknowledged])
    #expect(
      refuted(
        gone.with {
          $0.inserted = 0; $0.merged = 1
        }) == [.acknowledged])
    #expect(
      verdict(gone).findings[.acknowledged]?.offenders
        == [Offender(job: 7, expected: "final or still due", seen: "neither: the job is lost")])
  }

  @Test("a job that is still due is not lost, unless the queue is said to be drained")
  func due() {
    let due = JobWitness(job: 7).with {
      $0.inserted = 1
      $0.lives = [LiveJob(state: "ready", attempts: .of(0))]
    }
    #expect(refuted(due) == [])
    #expect(refuted(due, JobJudge.Question(hasLog: true, isDrained: true)) == [.acknowledged])
  }

  @Test("one id given to two jobs refutes")
  func twice() {
    #expect(refuted(JobWitness.good.with { $0.inserted = 2 }) == [.acknowledged])
    #expect(refuted(JobWitness.good.with { $0.merged = 2 }) == [])
  }

  // MARK: - Enqueued

  @Test("a final job that nobody enqueued refutes, given a complete log")
  func invented() {
    let invented = JobWitness.good.with { $0.inserted = 0 }
    #expect(refuted(invented) == [.enqueued])
    #expect(refuted(invented, JobJudge.Question(hasLog: true)) == [])
    #expect(refuted(invented, JobJudge.Question(hasLog: true, completeKinds: ["sweep"])) == [])
    #expect(refuted(invented.with { $0.merged = 1 }) == [])
  }

  @Test("schedules and retries are asked for by nobody's log; an unanswered enqueue excuses one job")
  func excused() {
    let invented = JobWitness.good.with { $0.inserted = 0 }
    #expect(refuted(invented.with { $0.finals[0].hasOtherOrigin = true }) == [])
    let question = JobJudge.Question(hasLog: true, completeKinds: ["probe"], unanswered: 1)
    #expect(refuted(invented, question) == [])
    var judge = JobJudge(question)
    judge.judge(invented)
    judge.judge(invented)
    #expect(judge.verdict.findings[.enqueued]?.refutations == 1)
  }

  // MARK: - Effects

  @Test(
    "rows that are missing, double, strange, of another attempt or of another claim refute",
    arguments: [
      [],
      [
        WriteSet.good.with {
          $0.rows = 2; $0.distinct = 2; $0.highest = 2
        }
      ],
      [WriteSet.good.with { $0.rows = 6 }],
      [WriteSet.good.with { $0.distinct = 2 }],
      [
        WriteSet.good.with {
          $0.lowest = 2; $0.highest = 4
        }
      ],
      [WriteSet.good.with { $0.attempt = 2 }],
      [WriteSet.good.with { $0.token = secondClaim }],
      [WriteSet.good, .good.with { $0.attempt = 2 }],
      [WriteSet.good, .good.with { $0.token = secondClaim }],
    ])
  func writes(_ writes: [WriteSet]) {
    #expect(refuted(JobWitness.good.with { $0.writes = writes }) == [.writes])
  }

  @Test("no rows are due when the job was told to write none, or its input was what it was")
  func none() {
    #expect(
      refuted(
        JobWitness.good.with {
          $0.finals[0].rows = 0; $0.writes = []
        }) == [])
    #expect(refuted(JobWitness.good.with { $0.finals[0].rows = 0 }) == [.writes])
    #expect(
      refuted(
        JobWitness.good.with {
          $0.finals[0].isStored = false; $0.writes = []
        }) == [])
    #expect(refuted(JobWitness.good.with { $0.finals[0].isStored = false }) == [.writes])
  }

  @Test("rows of a job that did not complete refute", arguments: ["discarded", "cancelled"])
  func others(_ state: String) {
    #expect(
      refuted(
        JobWitness.good.with {
          $0.finals[0].state = state; $0.writes = []
        }) == [])
    #expect(refuted(JobWitness.good.with { $0.finals[0].state = state }) == [.writes])
  }

  @Test("rows of a job that is still live, or not there at all, refute")
  func early() {
    let early = JobWitness.good.with {
      $0.finals = []
      $0.lives = [LiveJob(state: "running", attempts: .of(1))]
    }
    #expect(refuted(early) == [.writes])
    #expect(
      refuted(
        early.with {
          $0.lives = []; $0.inserted = 0
        }) == [.writes])
  }

  @Test("other kinds' rows are not counted here")
  func otherKind() {
    #expect(
      refuted(
        JobWitness.good.with {
          $0.finals[0].rows = nil; $0.writes = []
        }) == [])
  }

  // MARK: - Attempts

  @Test("errors and crashes within their limits, each recorded once, prove")
  func within() {
    #expect(attempts(.of(3, crashes: 1, [(1, "error", ""), (2, "crash", "a")])) == [])
    #expect(attempts(.of(2, limit: 2, [(1, "error", ""), (2, "error", "")]), "discarded") == [])
    #expect(attempts(.of(1, [(1, "error", ""), (1, "cancel", "")]), "cancelled") == [])
    #expect(
      attempts(.of(3, crashes: 3, [(1, "crash", "a"), (2, "crash", "b"), (3, "crash", "")]), "discarded") == [])
  }

  @Test("more attempts than the job may have refute")
  func tooMany() {
    #expect(attempts(.of(3, limit: 2, [(1, "error", ""), (2, "error", "")])) == [.attempts])
    #expect(attempts(.of(3, limit: 2, crashes: 1, [(1, "error", ""), (2, "crash", "a")])) == [])
  }

  @Test("a third crash that does not discard, and a fourth, refute")
  func crashes() {
    let three = [(1, "crash", "a"), (2, "crash", "b"), (3, "crash", "c")]
    #expect(attempts(.of(4, crashes: 3, three)) == [.attempts])
    #expect(attempts(.of(4, crashes: 4, three + [(4, "crash", "d")]), "discarded") == [.attempts])
  }

  @Test(
    "attempts without an end, with two ends, or out of order refute",
    arguments: [
      Attempts.of(2),
      .of(2, [(1, "error", ""), (1, "error", "")]),
      .of(3, [(2, "error", ""), (1, "error", "")]),
      .of(1, [(1, "error", "")]),
      .of(2, crashes: 1, [(1, "error", "")]),
      .of(2, [(1, "crash", "a")]),
    ])
  func unaccounted(_ attempts: Attempts) {
    #expect(self.attempts(attempts) == [.attempts])
  }

  @Test("a worker that is lost twice with one job refutes: somebody was declared dead who was not")
  func lostTwice() {
    #expect(attempts(.of(3, crashes: 2, [(1, "crash", "a"), (2, "crash", "a")])) == [.attempts])
    #expect(attempts(.of(3, crashes: 2, [(1, "crash", "a"), (2, "crash", "b")])) == [])
  }

  @Test("an attempt that started before its claim refutes: it ended under a claim of another's")
  func early2() {
    #expect(refuted(JobWitness.good.with { $0.finals[0].startedAt = .second(0.9) }) == [.attempts])
    #expect(refuted(JobWitness.good.with { $0.finals[0].startedAt = nil }) == [])
  }

  @Test("a completed job without a claim refutes")
  func unclaimed() {
    #expect(
      refuted(
        JobWitness.good.with {
          $0.finals[0].token = nil; $0.writes[0].token = nil
        }) == [.attempts])
  }

  @Test("live jobs are held to the same limits")
  func live() {
    func refuted(_ attempts: Attempts, _ state: String) -> [Check] {
      self.refuted(JobWitness(job: 7).with { $0.lives = [LiveJob(state: state, attempts: attempts)] })
    }
    #expect(refuted(.of(1, [(1, "error", "")]), "scheduled") == [])
    #expect(refuted(.of(2, [(1, "error", "")]), "running") == [])
    #expect(refuted(.of(2, [(1, "error", "")]), "ready") == [.attempts])
    #expect(refuted(.of(2, limit: 1, [(1, "error", "")]), "running") == [.attempts])
  }

  // MARK: - Final states

  @Test("a job that ended twice, is final and live, or runs under two claims refutes")
  func endsOnce() {
    #expect(refuted(JobWitness.good.with { $0.finals.append($0.finals[0]) }) == [.finalStates])
    let running = LiveJob(state: "running", attempts: .of(1))
    #expect(refuted(JobWitness.good.with { $0.lives = [running] }) == [.finalStates])
    #expect(refuted(JobWitness(job: 7).with { $0.lives = [running, running] }) == [.finalStates])
  }

  @Test("what an earlier look saw final is still so, to the microsecond")
  func unchanged() {
    let seen = EarlierFinal(job: 7, .good)
    #expect(refuted(JobWitness.good.with { $0.earlier = seen }) == [])
    let changes: [(inout FinalJob) -> Void] = [
      { $0.state = "cancelled" }, { $0.finishedAt = .second(2.000_001) }, { $0.token = secondClaim },
    ]
    for change in changes {
      let changed = JobWitness.good.with { job in
        change(&job.finals[0])
        job.earlier = seen
        job.writes = job.finals[0].state == "completed" ? [.good.with { $0.token = job.finals[0].token }] : []
      }
      #expect(refuted(changed) == [.finalStates])
    }
    #expect(refuted(JobWitness(job: 7).with { $0.earlier = seen }) == [.finalStates])
    let back = JobWitness(job: 7).with {
      $0.earlier = seen
      $0.lives = [LiveJob(state: "ready", attempts: .of(0))]
    }
    #expect(refuted(back) == [.finalStates])
  }
}

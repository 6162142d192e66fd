import FoundationEssentials
import Postgres
import Queue
import Testing

@testable import Worker

/// Tests the decisions after a failed transaction, by its error, the number of its jobs, and their intended ends.
@Suite("Finish planner")
struct FinishPlannerTests {
  private struct Fault: Error {}

  private static func error(_ kind: PostgresError.Kind, _ sqlstate: String? = nil) -> PostgresError {
    PostgresError(kind, "made up", sqlstate: sqlstate)
  }

  private static func endings(_ count: Int, _ outcome: JobQueue.Outcome = .completed) -> [JobQueue.Ending] {
    (1...count).map { id in
      let job = Job(
        id: JobID(id), kind: "k", queue: "q", priority: 0, twinID: nil, arguments: .init(text: "{}"), attempt: 1,
        maxAttempts: 1, crashes: 0, token: UUID(), enqueuedAt: .now, runAt: .now, claimedAt: .now, requestedBy: "me")
      return JobQueue.Ending(job: job, outcome: outcome, startedAt: .now)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let error: any Error
    let decision: FinishPlanner.Decision
    var mayBeCommitted = false
    var jobs = 3
    var outcome = JobQueue.Outcome.completed
    var stores = true

    init(
      _ name: String, _ error: any Error, _ decision: FinishPlanner.Decision, mayBeCommitted: Bool = false,
      jobs: Int = 3, outcome: JobQueue.Outcome = .completed, stores: Bool = true
    ) {
      (testDescription, self.error, self.decision, self.jobs) = (name, error, decision, jobs)
      (self.mayBeCommitted, self.outcome, self.stores) = (mayBeCommitted, outcome, stores)
    }
  }

  @Test(arguments: [
    Case("an error of the kind's own: halves", Fault(), .split),
    Case("a broken rule of the database: halves", error(.server, "23505"), .split),
    Case("a lost connection: again, and it may be committed", error(.connectionLost), .tryAgain, mayBeCommitted: true),
    Case("a lost answer to COMMIT: the same", error(.commitUnknown), .tryAgain, mayBeCommitted: true),
    Case("a passed deadline: the same", error(.deadlineExceeded), .tryAgain, mayBeCommitted: true),
    Case("no connection to be had: again", error(.connectFailed), .tryAgain, mayBeCommitted: true),
    Case("a serialization failure: again", error(.server, "40001"), .tryAgain),
    Case("a lock that is not to be had: again", error(.server, "55P03"), .tryAgain),
    Case("a statement that was cancelled: again", error(.server, "57014"), .tryAgain),
    Case("a full disk: again", error(.server, "53100"), .tryAgain),
    Case("one job that cannot be stored fails alone", Fault(), .failAlone, jobs: 1),
    Case("one job without output that cannot end is discarded", Fault(), .discardAlone, jobs: 1, stores: false),
    Case(
      "one that cannot even be discarded is left", Fault(), .giveUp, jobs: 1, outcome: .discarded(message: ""),
      stores: false),
  ])
  func decides(_ case: Case) {
    var planner = FinishPlanner()
    let decision = planner.decide(
      after: `case`.error, endings: Self.endings(`case`.jobs, `case`.outcome)[...], storesOutput: `case`.stores)
    #expect(decision == `case`.decision)
    #expect(planner.mayBeCommitted == `case`.mayBeCommitted)
  }

  @Test("an error that passes is tried five times, then it is of a job")
  func givesUpTrying() {
    var planner = FinishPlanner()
    let endings = Self.endings(2)[...]
    for _ in 1...FinishPlanner.tryLimit {
      #expect(planner.decide(after: Self.error(.connectionLost), endings: endings, storesOutput: true) == .tryAgain)
    }
    #expect(planner.decide(after: Self.error(.connectionLost), endings: endings, storesOutput: true) == .split)
  }

  @Test("no connection and a full disk are no job's fault, however often")
  func nobodysFault() {
    var planner = FinishPlanner()
    for _ in 1...100 {
      for error in [Self.error(.connectFailed), Self.error(.server, "53100"), Self.error(.server, "53300")] {
        #expect(planner.decide(after: error, endings: Self.endings(1)[...], storesOutput: true) == .tryAgain)
      }
    }
  }
}

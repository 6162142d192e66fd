import FoundationEssentials
import Postgres
import Queue
import Testing

@testable import Worker

/// What a failed transaction means for its jobs, by the error, how many jobs it was for, and how they were to end.
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
    var jobs = 3
    var outcome = JobQueue.Outcome.completed
    var stores = true
    let decision: FinishPlanner.Decision
    var mayBeCommitted = false
  }

  @Test(arguments: [
    Case(testDescription: "an error of the kind's own: halves", error: Fault(), decision: .split),
    Case(testDescription: "a broken rule of the database: halves", error: error(.server, "23505"), decision: .split),
    Case(testDescription: "a lost connection: again, and it may be committed", error: error(.connectionLost), decision: .tryAgain, mayBeCommitted: true),
    Case(testDescription: "a lost answer to COMMIT: the same", error: error(.commitUnknown), decision: .tryAgain, mayBeCommitted: true),
    Case(testDescription: "a passed deadline: the same", error: error(.deadlineExceeded), decision: .tryAgain, mayBeCommitted: true),
    Case(testDescription: "no connection to be had: again", error: error(.connectFailed), decision: .tryAgain, mayBeCommitted: true),
    Case(testDescription: "a serialization failure: again", error: error(.server, "40001"), decision: .tryAgain),
    Case(testDescription: "a lock that is not to be had: again", error: error(.server, "55P03"), decision: .tryAgain),
    Case(testDescription: "a statement that was cancelled: again", error: error(.server, "57014"), decision: .tryAgain),
    Case(testDescription: "a full disk: again", error: error(.server, "53100"), decision: .tryAgain),
    Case(testDescription: "one job that cannot be stored fails alone", error: Fault(), jobs: 1, decision: .failAlone),
    Case(testDescription: "one job without output that cannot end is discarded", error: Fault(), jobs: 1, stores: false, decision: .discardAlone),
    Case(testDescription: "one that cannot even be discarded is left", error: Fault(), jobs: 1, outcome: .discarded(message: ""), stores: false, decision: .giveUp),
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

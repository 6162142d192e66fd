import FoundationEssentials
import Queue

/// Judges jobs one by one, each by everything that is known about it. Pure.
struct JobJudge: Sendable {
  /// The further knowledge and demands that the verdict rests on beside the database.
  struct Question: Sendable {
    /// Whether there is a producer's log.
    var hasLog = false
    /// Kinds of which the log names every job; schedules and `twinmill.retry` apart.
    var completeKinds: Set<String> = []
    /// Enqueues whose answer the producer never got: as many jobs may be there without being in the log.
    var unanswered = 0
    /// Whether a job that is still due refutes, too.
    var isDrained = false
    /// Whether there is an earlier look to compare with.
    var hasEarlier = false
  }

  /// How many times a job may take its worker down with it.
  static let crashLimit = 3

  private let question: Question
  /// Where instants tell no order.
  private let clock: ClockSpans
  private var unansweredLeft: Int
  private(set) var verdict: Verdict

  init(_ question: Question, clock: ClockSpans = ClockSpans(), offenderLimit: Int = 5) {
    self.question = question
    self.clock = clock
    unansweredLeft = question.unanswered
    verdict = Verdict(offenderLimit: offenderLimit)
    if question.hasLog { verdict.judged(.acknowledged, "jobs", 0) }
    if !question.completeKinds.isEmpty { verdict.judged(.enqueued, "jobs", 0) }
    verdict.judged(.writes, "completed", 0)
    verdict.judged(.attempts, "jobs", 0)
    verdict.judged(.finalStates, "final", 0)
    if question.hasEarlier { verdict.judged(.finalStates, "seen before", 0) }
  }

  /// Takes a job's witness; each job once.
  mutating func judge(_ job: JobWitness) {
    if job.inserted + job.merged > 0 { judgeAcknowledged(job) }
    judgeFinalStates(job)
    for final in job.finals {
      judgeEnqueued(job, final)
      judge(final.attempts, of: job, as: final.state, final)
    }
    for live in job.lives { judge(live.attempts, of: job, as: live.state, nil) }
    judgeWrites(job)
  }

  // MARK: - Nothing lost, nothing invented

  private mutating func judgeAcknowledged(_ job: JobWitness) {
    verdict.judged(.acknowledged, "jobs")
    if job.inserted > 1 {
      verdict.refute(
        .acknowledged, job.job, expected: "a job id is given out once", seen: "\(job.inserted) jobs inserted under it")
    }
    if !job.finals.isEmpty {
      verdict.judged(.acknowledged, "final")
    } else if let live = job.lives.first {
      verdict.judged(.acknowledged, "still due")
      if question.isDrained {
        verdict.refute(.acknowledged, job.job, expected: "final", seen: "still \(live.state)")
      }
    } else {
      verdict.refute(.acknowledged, job.job, expected: "final or still due", seen: "neither: the job is lost")
    }
  }

  private mutating func judgeEnqueued(_ job: JobWitness, _ final: FinalJob) {
    guard question.completeKinds.contains(final.kind) else { return }
    verdict.judged(.enqueued, "jobs")
    guard job.inserted + job.merged == 0, !final.hasOtherOrigin else { return }
    if unansweredLeft > 0 {
      unansweredLeft -= 1
      verdict.judged(.enqueued, "of unanswered enqueues")
    } else {
      verdict.refute(
        .enqueued, job.job, expected: "an enqueue in the log", seen: "\(final.kind) \(final.state), never enqueued")
    }
  }

  // MARK: - Ends once

  private mutating func judgeFinalStates(_ job: JobWitness) {
    if !job.finals.isEmpty { verdict.judged(.finalStates, "final") }
    if job.finals.count > 1 {
      verdict.refute(
        .finalStates, job.job, expected: "one end",
        seen: "\(job.finals.count): "
          + job.finals.map { "\($0.state) by attempt \($0.attempts.last)" }
          .joined(separator: ", "))
    }
    if let final = job.finals.first, let live = job.lives.first {
      verdict.refute(
        .finalStates, job.job, expected: "final or live", seen: "\(final.state) and, as a live job, \(live.state)")
    }
    if job.lives.count > 1 {
      verdict.refute(.finalStates, job.job, expected: "one claim at a time", seen: "\(job.lives.count) claims hold it")
    }
    guard let earlier = job.earlier else { return }
    verdict.judged(.finalStates, "seen before")
    guard !job.finals.contains(where: { EarlierFinal(job: job.job, $0) == earlier }) else { return }
    let now = job.finals.map { "\($0.state) by attempt \($0.attempts.last), ended \($0.finishedAt.iso8601)" }
    verdict.refute(
      .finalStates, job.job, expected: "\(earlier.state) by attempt \(earlier.attempt), as an earlier look saw it",
      seen: now.isEmpty ? job.lives.first?.state ?? "no such job" : now.joined(separator: ", "))
  }

  // MARK: - Attempts

  private mutating func judge(_ attempts: Attempts, of job: JobWitness, as state: String, _ final: FinalJob?) {
    verdict.judged(.attempts, "jobs")
    let isDiscarded = state == "discarded"
    if attempts.last - attempts.crashes > attempts.limit {
      verdict.refute(
        .attempts, job.job, expected: "at most \(attempts.limit) attempts that ended in no crash",
        seen: "\(attempts.last) attempts, \(attempts.crashes) crashes")
    }
    if attempts.crashes > Self.crashLimit || attempts.crashes == Self.crashLimit && !isDiscarded {
      verdict.refute(
        .attempts, job.job, expected: "discarded at crash \(Self.crashLimit)",
        seen: "\(state) with \(attempts.crashes) crashes")
    }
    judgeEnds(attempts, of: job, as: state, isFinal: final != nil)
    guard let final, let token = final.token else {
      if state == "completed" {
        verdict.refute(.attempts, job.job, expected: "completed by a claim", seen: "no claim is recorded")
      }
      return
    }
    // An attempt starts after its own claim; if not, it ended under a claim that was another's.
    if let claimedAt = final.claimedAt, let startedAt = final.startedAt, startedAt < claimedAt,
      !clock.hidesOrder(of: startedAt, and: claimedAt)
    {
      verdict.refute(
        .attempts, job.job, expected: "claimed, then started",
        seen: "attempt \(attempts.last) started \(startedAt.iso8601), its claim \(token.short) is of "
          + claimedAt.iso8601)
    }
  }

  /// Every attempt but the last of a job that completed (or was cancelled, or still runs) ended in an error or a crash,
  /// and that is recorded once; a worker that was lost is not lost again.
  private mutating func judgeEnds(_ attempts: Attempts, of job: JobWitness, as state: String, isFinal: Bool) {
    let ends = attempts.ends.filter { Self.endsOfAttempts.contains($0.cause) }
    let numbers = ends.map(\.attempt)
    if numbers != Array(1..<(numbers.count + 1)) {
      verdict.refute(
        .attempts, job.job, expected: "each attempt ends once, in order", seen: "ends of attempts \(numbers)")
    } else {
      let expected =
        switch state {
        case "completed": (attempts.last - 1)...(attempts.last - 1)
        case "running": (attempts.last - 1)...(attempts.last - 1)
        case "discarded", "cancelled": (attempts.last - 1)...attempts.last
        default: attempts.last...attempts.last
        }
      if !expected.contains(numbers.count) {
        verdict.refute(
          .attempts, job.job, expected: "an end for each attempt before the last of \(attempts.last)",
          seen: "\(state) with \(numbers.count) recorded ends")
      }
    }
    let crashes = ends.filter { $0.cause == "crash" }
    if crashes.count != attempts.crashes {
      verdict.refute(
        .attempts, job.job, expected: "each crash recorded once",
        seen: "\(attempts.crashes) counted, \(crashes.count) recorded")
    }
    let workers = crashes.map(\.worker).filter { !$0.isEmpty }
    if Set(workers).count != workers.count {
      verdict.refute(
        .attempts, job.job, expected: "a worker is lost once",
        seen: "crashes of attempts \(crashes.map(\.attempt)) blamed on worker \(workers.last ?? "")")
    }
  }

  /// Causes that end an attempt; others end jobs that wait.
  private static let endsOfAttempts: Set<String> = ["error", "crash", "timeout"]

  // MARK: - Effects

  private mutating func judgeWrites(_ job: JobWitness) {
    let winner = job.finals.first { $0.state == "completed" }
    let isCounted = winner.map { $0.rows != nil } ?? false
    if isCounted { verdict.judged(.writes, "completed") }
    verdict.judged(.writes, "rows", job.writes.reduce(0) { $0 + $1.rows })
    guard let winner, isCounted else {
      if !job.writes.isEmpty {
        verdict.refute(
          .writes, job.job, expected: "no rows of a job that is " + Self.whatItIs(job), seen: Self.words(job.writes))
      }
      return
    }
    let wanted = winner.isStored ? winner.rows ?? 0 : 0
    guard !Self.isExactly(job.writes, wanted, of: winner) else { return }
    verdict.refute(
      .writes, job.job, expected: Self.words(wanted, of: winner), seen: Self.words(job.writes))
  }

  private static func isExactly(_ writes: [WriteSet], _ wanted: Int, of winner: FinalJob) -> Bool {
    guard wanted > 0 else { return writes.isEmpty }
    guard writes.count == 1, let set = writes.first else { return false }
    return set.attempt == winner.attempts.last && set.token == winner.token && set.rows == wanted
      && set.distinct == wanted && set.lowest == 1 && set.highest == wanted
  }

  private static func whatItIs(_ job: JobWitness) -> String {
    job.finals.first.map(\.state) ?? job.lives.first.map(\.state) ?? "neither final nor live"
  }

  private static func words(_ wanted: Int, of winner: FinalJob) -> String {
    let claim = winner.token.map { ", claim \($0.short)" } ?? ""
    return wanted == 0 ? "no rows" : "rows 1…\(wanted) by attempt \(winner.attempts.last)\(claim)"
  }

  private static func words(_ writes: [WriteSet]) -> String {
    guard !writes.isEmpty else { return "no rows" }
    return writes.map { set in
      let doubles = set.rows == set.distinct ? "" : ", \(set.rows - set.distinct) of them double"
      let claim = set.token.map { ", claim \($0.short)" } ?? ""
      return "\(set.rows) rows \(set.lowest)…\(set.highest)\(doubles) by attempt \(set.attempt)\(claim)"
    }.joined(separator: " and ")
  }
}

extension UUID {
  /// Enough of it to tell claims apart.
  var short: String { String(uuidString.prefix(8)).lowercased() }
}

extension Date {
  /// To the microsecond, in UTC.
  fileprivate var iso8601: String {
    let microseconds = Int64((timeIntervalSinceReferenceDate * 1e6).rounded())
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let whole = Date(timeIntervalSinceReferenceDate: Double(seconds)).formatted(.iso8601)
    let digits = String(rest)
    return whole.dropLast() + "." + String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "Z"
  }
}

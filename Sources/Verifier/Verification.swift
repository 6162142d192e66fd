import Files
import FoundationEssentials
import Postgres

/// One run of the checker: reads all witnesses in one snapshot, and judges.
package struct Verification: Sendable {
  private let log: AcknowledgedLog?
  private let completeKinds: Set<String>
  private let isDrained: Bool
  private let earlier: [EarlierFinal]?
  private let save: String?
  private let limits: [String: Int]
  private let keyLimits: [String: Int]
  private let limitsAsSet: Bool
  private let slack: TimeInterval
  private let offenderLimit: Int

  /// - Parameters:
  ///   - log: what producers were told; nil: there is no log.
  ///   - completeKinds: kinds of which the log names every job.
  ///   - isDrained: a job that is still due refutes, too.
  ///   - since: what an earlier run saw final.
  ///   - save: a file to write down what is final now.
  ///   - limits: of queues, by name; over those of the database.
  ///   - keyLimits: of one concurrency key of a queue, by the queue's name; over those of the database.
  ///   - limitsAsSet: takes the limits of all other queues from `twinmill.queue_settings`.
  ///   - slack: seconds that an enqueue may wait for the commit that frees its unique key.
  ///   - offenderLimit: offenders that are kept of each check.
  package init(
    log: AcknowledgedLog?, completeKinds: Set<String>, isDrained: Bool, since: [EarlierFinal]?, save: String?,
    limits: [String: Int], keyLimits: [String: Int], limitsAsSet: Bool, slack: TimeInterval, offenderLimit: Int
  ) {
    self.log = log
    self.completeKinds = completeKinds
    self.isDrained = isDrained
    earlier = since
    self.save = save
    self.limits = limits
    self.keyLimits = keyLimits
    self.limitsAsSet = limitsAsSet
    self.slack = slack
    self.offenderLimit = offenderLimit
  }

  /// - Parameter connection: in a transaction that only reads.
  /// - Throws: `PostgresError`; `FileError` when what is final cannot be written down.
  package nonisolated(nonsending) func verdict(on connection: Connection) async throws -> Verdict {
    let log = log ?? AcknowledgedLog()
    let question = JobJudge.Question(
      hasLog: self.log != nil, completeKinds: completeKinds, unanswered: log.unanswered, isDrained: isDrained,
      hasEarlier: earlier != nil)
    try await WitnessReader.begin(on: connection)
    let clock = try await WitnessReader.clock(on: connection)
    let merge = WitnessMerge(
      judge: JobJudge(question, clock: clock, offenderLimit: offenderLimit), log: log, earlier: earlier ?? [])
    var keys = UniqueKeyJudge(slack: slack, clock: clock, try await judgedJobs(merge, on: connection))
    try await WitnessReader.keyed(on: connection) { job, kind, key, start, end in
      keys.add(job, kind: kind, key: key, from: start, to: end)
    }
    let asSet = try await WitnessReader.limitsAsSet(limitsAsSet, on: connection)
    let byQueue = try await judged(
      asSet.byQueue.merging(limits) { $1 }, byKey: false, clock, keys.verdict, on: connection)
    return try await judged(asSet.byKey.merging(keyLimits) { $1 }, byKey: true, clock, byQueue, on: connection)
  }

  private nonisolated(nonsending) func judgedJobs(
    _ merge: WitnessMerge, on connection: Connection
  ) async throws -> Verdict {
    var merge = merge
    guard let save else {
      try await WitnessReader.jobs(on: connection) { job, record in merge.add(job, record) }
      return merge.end()
    }
    var file = try OutputFile(path: save)
    try file.write(WitnessFile.header + "\n")
    try await WitnessReader.jobs(on: connection) { job, record in
      if case .final(let final) = record { try file.write(WitnessFile.line(EarlierFinal(job: job, final))) }
      merge.add(job, record)
    }
    try file.finish()
    return merge.end()
  }

  private nonisolated(nonsending) func judged(
    _ limits: [String: Int], byKey: Bool, _ clock: ClockSpans, _ verdict: Verdict, on connection: Connection
  ) async throws -> Verdict {
    guard !limits.isEmpty else { return verdict }
    var judge = LimitJudge(limits: limits, clock: clock, verdict)
    try await WitnessReader.claimed(byKey: byKey, on: connection) { job, queue, key, time, change in
      judge.add(job, queue: queue, key: key, at: time, change: change)
    }
    return judge.verdict
  }
}

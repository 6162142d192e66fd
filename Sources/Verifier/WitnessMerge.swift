import Queue

/// Puts together what different sources say of one job, and hands each job to the judge. All sources come in ascending
/// order of job id, so that no more than one job is held at a time. Pure.
struct WitnessMerge {
  /// The database's record of a job.
  enum Record {
    case final(FinalJob)
    case live(LiveJob)
    case writes(WriteSet)
  }

  private(set) var judge: JobJudge
  private let log: AcknowledgedLog
  private let earlier: [EarlierFinal]
  private var insertedAt = 0
  private var mergedAt = 0
  private var earlierAt = 0
  private var current: JobWitness?

  /// - Parameters:
  ///   - log: ids in ascending order.
  ///   - earlier: in ascending order of job id.
  init(judge: JobJudge, log: AcknowledgedLog, earlier: [EarlierFinal]) {
    self.judge = judge
    self.log = log
    self.earlier = earlier
  }

  /// Takes the next record; job ids must not descend.
  mutating func add(_ job: JobID, _ record: Record) {
    if current?.job != job {
      close()
      closeAll(before: job)
      current = JobWitness(job: job)
    }
    switch record {
    case .final(let final): current?.finals.append(final)
    case .live(let live): current?.lives.append(live)
    case .writes(let set): current?.writes.append(set)
    }
  }

  /// There are no more records: what is left is known from the log or the earlier look alone.
  mutating func end() -> Verdict {
    close()
    closeAll(before: .max)
    return judge.verdict
  }

  private mutating func close() {
    guard var job = current else { return }
    current = nil
    while insertedAt < log.inserted.count, log.inserted[insertedAt] == job.job {
      job.inserted += 1
      insertedAt += 1
    }
    while mergedAt < log.merged.count, log.merged[mergedAt] == job.job {
      job.merged += 1
      mergedAt += 1
    }
    if earlierAt < earlier.count, earlier[earlierAt].job == job.job {
      job.earlier = earlier[earlierAt]
      earlierAt += 1
    }
    judge.judge(job)
  }

  /// Jobs that the database does not know.
  private mutating func closeAll(before job: JobID) {
    while true {
      var next = JobID.max
      if insertedAt < log.inserted.count { next = min(next, log.inserted[insertedAt]) }
      if mergedAt < log.merged.count { next = min(next, log.merged[mergedAt]) }
      if earlierAt < earlier.count { next = min(next, earlier[earlierAt].job) }
      guard next < job else { return }
      current = JobWitness(job: next)
      close()
    }
  }
}

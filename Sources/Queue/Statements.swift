import Postgres

/// The statements of the queue, one `.sql` file each: there stand purpose, index, locks and rows.
enum Statements {
  static let notDurable = Statement("not_durable", Embedded.Statements.not_durable)
  static let hotPlan = Statement("hot_plan", Embedded.Statements.hot_plan)
  static let claimPlan = Statement("claim_plan", Embedded.Statements.claim_plan)
  static let hotPlanEnd = Statement("hot_plan_end", Embedded.Statements.hot_plan_end)
  static let claim = Statement(name: "claim", text: withLines(Embedded.Statements.claim))
  static let claimOverlap = Statement("claim_overlap", Embedded.Statements.claim_overlap)
  static let claimLimited = Statement(
    name: "claim_limited", text: withLines(Embedded.Statements.claim_limited))
  static let lockQueue = Statement("lock_queue", Embedded.Statements.lock_queue)
  static let lockSuspects = Statement("lock_suspects", Embedded.Statements.lock_suspects)
  static let claimSuspect = Statement("claim_suspect", Embedded.Statements.claim_suspect)
  static let lanes = Statement("lanes", Embedded.Statements.lanes)
  static let fronts = Statement("fronts", Embedded.Statements.fronts)
  static let promote = Statement("promote", Embedded.Statements.promote)
  static let nextDue = Statement("next_due", Embedded.Statements.next_due)
  static let boundedTransaction = Statement("bounded_transaction", Embedded.Statements.bounded_transaction)
  static let alreadyFinal = Statement("already_final", Embedded.Statements.already_final)
  static let finish = Statement("finish", Embedded.Statements.finish)
  static let registerWorker = Statement("register_worker", Embedded.Statements.register_worker)
  static let takeWorkerLock = Statement("take_worker_lock", Embedded.Statements.take_worker_lock)
  static let dropWorkerLock = Statement("drop_worker_lock", Embedded.Statements.drop_worker_lock)
  static let enqueuesUnderWay = Statement("enqueues_under_way", Embedded.Statements.enqueues_under_way)
  static let renewWorker = Statement("renew_worker", Embedded.Statements.renew_worker)
  static let cancellationsOfWorker = Statement(
    "cancellations_of_worker", Embedded.Statements.cancellations_of_worker)
  static let removeWorker = Statement("remove_worker", Embedded.Statements.remove_worker)
  static let beats = Statement("beats", Embedded.Statements.beats)
  static let rescue = Statement("rescue", Embedded.Statements.rescue)
  static let returnStrays = Statement("return_strays", Embedded.Statements.return_strays)
  static let serverTime = Statement("server_time", Embedded.Statements.server_time)
  static let release = Statement("release", Embedded.Statements.release)
  static let unpark = Statement("unpark", Embedded.Statements.unpark)
  static let tend = Statement("tend", Embedded.Statements.tend)
  static let share = Statement("share", Embedded.Statements.share)
  static let reportProgress = Statement("report_progress", Embedded.Statements.report_progress)
  static let forget = Statement("forget", Embedded.Statements.forget)
  static let maintainHistory = Statement("maintain_history", Embedded.Statements.maintain_history)
  static let stageJobs = Statement("stage_jobs", Embedded.Statements.stage_jobs)
  static let enqueueStaged = Statement("enqueue_staged", Embedded.Statements.enqueue_staged)
  static let registerKind = Statement("register_kind", Embedded.Statements.register_kind)

  /// Puts in what the two claims have in common.
  private static func withLines(_ text: String) -> String {
    text.replacing("\n@claim_lines@", with: "\n" + Embedded.Statements.claim_lines)
  }
}

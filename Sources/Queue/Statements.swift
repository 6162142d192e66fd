import Postgres

/// The statements of the queue, one `.sql` file each: there stand purpose, index, locks and rows.
enum Statements {
  static let notDurable = Statement("not_durable", PackageResources.not_durable_sql)
  static let hotPlan = Statement("hot_plan", PackageResources.hot_plan_sql)
  static let claimPlan = Statement("claim_plan", PackageResources.claim_plan_sql)
  static let hotPlanEnd = Statement("hot_plan_end", PackageResources.hot_plan_end_sql)
  static let claim = Statement(name: "claim", text: withLines(PackageResources.claim_sql))
  static let claimOverlap = Statement("claim_overlap", PackageResources.claim_overlap_sql)
  static let claimLimited = Statement(
    name: "claim_limited", text: withLines(PackageResources.claim_limited_sql))
  static let lockQueue = Statement("lock_queue", PackageResources.lock_queue_sql)
  static let lockSuspects = Statement("lock_suspects", PackageResources.lock_suspects_sql)
  static let claimSuspect = Statement("claim_suspect", PackageResources.claim_suspect_sql)
  static let lanes = Statement("lanes", PackageResources.lanes_sql)
  static let fronts = Statement("fronts", PackageResources.fronts_sql)
  static let promote = Statement("promote", PackageResources.promote_sql)
  static let nextDue = Statement("next_due", PackageResources.next_due_sql)
  static let boundedTransaction = Statement("bounded_transaction", PackageResources.bounded_transaction_sql)
  static let alreadyFinal = Statement("already_final", PackageResources.already_final_sql)
  static let finish = Statement("finish", PackageResources.finish_sql)
  static let registerWorker = Statement("register_worker", PackageResources.register_worker_sql)
  static let takeWorkerLock = Statement("take_worker_lock", PackageResources.take_worker_lock_sql)
  static let dropWorkerLock = Statement("drop_worker_lock", PackageResources.drop_worker_lock_sql)
  static let enqueuesUnderWay = Statement("enqueues_under_way", PackageResources.enqueues_under_way_sql)
  static let renewWorker = Statement("renew_worker", PackageResources.renew_worker_sql)
  static let cancellationsOfWorker = Statement(
    "cancellations_of_worker", PackageResources.cancellations_of_worker_sql)
  static let removeWorker = Statement("remove_worker", PackageResources.remove_worker_sql)
  static let beats = Statement("beats", PackageResources.beats_sql)
  static let rescue = Statement("rescue", PackageResources.rescue_sql)
  static let returnStrays = Statement("return_strays", PackageResources.return_strays_sql)
  static let serverTime = Statement("server_time", PackageResources.server_time_sql)
  static let release = Statement("release", PackageResources.release_sql)
  static let unpark = Statement("unpark", PackageResources.unpark_sql)
  static let tend = Statement("tend", PackageResources.tend_sql)
  static let share = Statement("share", PackageResources.share_sql)
  static let reportProgress = Statement("report_progress", PackageResources.report_progress_sql)
  static let forget = Statement("forget", PackageResources.forget_sql)
  static let maintainHistory = Statement("maintain_history", PackageResources.maintain_history_sql)
  static let stageJobs = Statement("stage_jobs", PackageResources.stage_jobs_sql)
  static let enqueueStaged = Statement("enqueue_staged", PackageResources.enqueue_staged_sql)
  static let registerKind = Statement("register_kind", PackageResources.register_kind_sql)

  /// Puts in what the two claims have in common.
  private static func withLines(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).replacing(
      "\n@claim_lines@", with: "\n" + String(decoding: PackageResources.claim_lines_sql, as: UTF8.self))
  }
}

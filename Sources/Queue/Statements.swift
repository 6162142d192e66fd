import Postgres

/// The statements of the worker, one `.sql` file each: there stand purpose, index, locks and rows.
enum Statements {
  static let notDurable = Statement("not_durable", PackageResources.not_durable_sql)
  static let hotPlan = Statement("hot_plan", PackageResources.hot_plan_sql)
  static let hotPlanEnd = Statement("hot_plan_end", PackageResources.hot_plan_end_sql)
  static let claim = Statement("claim", PackageResources.claim_sql)
  static let claimSuspect = Statement("claim_suspect", PackageResources.claim_suspect_sql)
  static let lanes = Statement("lanes", PackageResources.lanes_sql)
  static let promote = Statement("promote", PackageResources.promote_sql)
  static let nextDue = Statement("next_due", PackageResources.next_due_sql)
  static let boundedTransaction = Statement("bounded_transaction", PackageResources.bounded_transaction_sql)
  static let alreadyFinal = Statement("already_final", PackageResources.already_final_sql)
  static let finish = Statement("finish", PackageResources.finish_sql)
  static let registerWorker = Statement("register_worker", PackageResources.register_worker_sql)
  static let takeWorkerLock = Statement("take_worker_lock", PackageResources.take_worker_lock_sql)
  static let renewWorker = Statement("renew_worker", PackageResources.renew_worker_sql)
  static let cancellationsOfWorker = Statement(
    "cancellations_of_worker", PackageResources.cancellations_of_worker_sql)
  static let removeWorker = Statement("remove_worker", PackageResources.remove_worker_sql)
  static let beats = Statement("beats", PackageResources.beats_sql)
  static let rescue = Statement("rescue", PackageResources.rescue_sql)
  static let returnStrays = Statement("return_strays", PackageResources.return_strays_sql)
  static let serverTime = Statement("server_time", PackageResources.server_time_sql)
  static let sweepCancellations = Statement("sweep_cancellations", PackageResources.sweep_cancellations_sql)
  static let maintainHistory = Statement("maintain_history", PackageResources.maintain_history_sql)
  static let registerKind = Statement("register_kind", PackageResources.register_kind_sql)
}

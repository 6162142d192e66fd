import Postgres

/// The statements of the queue, one `.sql` file each: there stand purpose, index, locks and rows.
enum Statements {
  static let notDurable = Statement("not_durable", Embedded.SQL.Statements.not_durable)
  static let hotPlan = Statement("hot_plan", Embedded.SQL.Statements.hot_plan)
  static let claimPlan = Statement("claim_plan", Embedded.SQL.Statements.claim_plan)
  static let hotPlanEnd = Statement("hot_plan_end", Embedded.SQL.Statements.hot_plan_end)
  static let claim = Statement(name: "claim", text: withRanges(Embedded.SQL.Statements.claim))
  static let claimOverlap = Statement("claim_overlap", Embedded.SQL.Statements.claim_overlap)
  static let claimLimited = Statement(
    name: "claim_limited", text: withRanges(Embedded.SQL.Statements.claim_limited))
  static let lockQueue = Statement("lock_queue", Embedded.SQL.Statements.lock_queue)
  static let lockPoison = Statement("lock_poison", Embedded.SQL.Statements.lock_poison)
  static let claimPoison = Statement("claim_poison", Embedded.SQL.Statements.claim_poison)
  static let lanes = Statement("lanes", Embedded.SQL.Statements.lanes)
  static let lanesSince = Statement("lanes_since", Embedded.SQL.Statements.lanes_since)
  static let laneScan = Statement("lane_scan", Embedded.SQL.Statements.lane_scan)
  static let headScan = Statement("head_scan", Embedded.SQL.Statements.head_scan)
  static let promote = Statement("promote", Embedded.SQL.Statements.promote)
  static let nextDue = Statement("next_due", Embedded.SQL.Statements.next_due)
  static let boundedTransaction = Statement("bounded_transaction", Embedded.SQL.Statements.bounded_transaction)
  static let alreadyFinal = Statement("already_final", Embedded.SQL.Statements.already_final)
  static let finish = Statement("finish", Embedded.SQL.Statements.finish)
  static let registerWorker = Statement("register_worker", Embedded.SQL.Statements.register_worker)
  static let takeWorkerLock = Statement("take_worker_lock", Embedded.SQL.Statements.take_worker_lock)
  static let dropWorkerLock = Statement("drop_worker_lock", Embedded.SQL.Statements.drop_worker_lock)
  static let enqueuesUnderWay = Statement("enqueues_under_way", Embedded.SQL.Statements.enqueues_under_way)
  static let renewWorker = Statement("renew_worker", Embedded.SQL.Statements.renew_worker)
  static let cancellationsOfWorker = Statement(
    "cancellations_of_worker", Embedded.SQL.Statements.cancellations_of_worker)
  static let removeWorker = Statement("remove_worker", Embedded.SQL.Statements.remove_worker)
  static let heartbeats = Statement("heartbeats", Embedded.SQL.Statements.heartbeats)
  static let rescue = Statement("rescue", Embedded.SQL.Statements.rescue)
  static let requeueOrphans = Statement("requeue_orphans", Embedded.SQL.Statements.requeue_orphans)
  static let serverTime = Statement("server_time", Embedded.SQL.Statements.server_time)
  static let resolveDependents = Statement("resolve_dependents", Embedded.SQL.Statements.resolve_dependents)
  static let unblockKeys = Statement("unblock_keys", Embedded.SQL.Statements.unblock_keys)
  static let maintainWaiting = Statement("maintain_waiting", Embedded.SQL.Statements.maintain_waiting)
  static let share = Statement("share", Embedded.SQL.Statements.share)
  static let reportProgress = Statement("report_progress", Embedded.SQL.Statements.report_progress)
  static let forget = Statement("forget", Embedded.SQL.Statements.forget)
  static let maintainHistory = Statement("maintain_history", Embedded.SQL.Statements.maintain_history)
  static let stageJobs = Statement("stage_jobs", Embedded.SQL.Statements.stage_jobs)
  static let enqueueStaged = Statement("enqueue_staged", Embedded.SQL.Statements.enqueue_staged)
  static let registerKind = Statement("register_kind", Embedded.SQL.Statements.register_kind)

  static let recordedRoutines = Statement("recorded_routines", Embedded.SQL.Statements.migrate.recorded_routines)
  static let existingObjects = Statement("existing_objects", Embedded.SQL.Statements.migrate.existing_objects)
  static let dependentRoutines = Statement("dependent_routines", Embedded.SQL.Statements.migrate.dependent_routines)
  static let servesCallsOf = Statement("serves_calls_of", Embedded.SQL.Statements.migrate.serves_calls_of)
  static let noteClockStep = Statement("note_clock_step", Embedded.SQL.Statements.note_clock_step)
  static let hiddenTables = Statement("hidden_tables", Embedded.SQL.Statements.hidden_tables)
  static let recordRoutine = Statement("record_routine", Embedded.SQL.Statements.migrate.record_routine)
  static let foreignOwner = Statement("foreign_owner", Embedded.SQL.Statements.migrate.foreign_owner)
  static let turnHolders = Statement("turn_holders", Embedded.SQL.Statements.migrate.turn_holders)
  /// A script, not a statement.
  static let checkBodies = Embedded.SQL.Statements.migrate.check_bodies
  /// A script, not a statement.
  static let takeTurn = Embedded.SQL.Statements.migrate.take_turn
  /// A script, not a statement.
  static let handOver = Embedded.SQL.Statements.migrate.hand_over

  /// Puts in what the two claims have in common.
  private static func withRanges(_ text: String) -> String {
    text.replacing("\n@claim_ranges@", with: "\n" + Embedded.SQL.Statements.claim_ranges)
  }
}

import Logging

/// Everything that the daemons say in their logs, by the name that a line has as its `event`.
///
/// Names, keys and units are an interface: people select and alert by them. Messages are for people to read.
package enum TelemetryEvent: String, CaseIterable, Sendable {
  // Both daemons
  case settingIgnored = "setting_ignored"
  case other

  // The worker as a process
  case workerStarted = "worker_started"
  case workerPollsOnly = "worker_polls_only"
  case workerStopping = "worker_stopping"
  case workerStopped = "worker_stopped"
  case workerLeftUnsaid = "worker_left_unsaid"
  case claimsEnded = "claims_ended"
  case drainLimitReached = "drain_limit_reached"
  case computationsStuck = "computations_stuck"
  case jobsLeftRunning = "jobs_left_running"

  // The worker and its database
  case startWaits = "start_waits"
  case claimWaits = "claim_waits"
  case claimResumed = "claim_resumed"
  case headScanFailed = "head_scan_failed"
  case loadRetried = "load_retried"
  case storeRetried = "store_retried"
  case heartbeatMissed = "heartbeat_missed"
  case heartbeatBack = "heartbeat_back"
  case serverClockStepped = "server_clock_stepped"
  case listenerLost = "listener_lost"
  case listenerBack = "listener_back"
  case maintenanceWaits = "maintenance_waits"

  // Jobs
  case jobCompleted = "job_completed"
  case jobUnchanged = "job_unchanged"
  case jobSnoozed = "job_snoozed"
  case jobRequeued = "job_requeued"
  case jobCancelled = "job_cancelled"
  case jobFailed = "job_failed"
  case jobDiscarded = "job_discarded"
  case batchFinished = "batch_finished"
  case batchAbandoned = "batch_abandoned"
  case resultsRefused = "results_refused"
  case resultsRefusedLeaseLost = "results_refused_lease_lost"
  case resultsEndedBefore = "results_ended_before"

  // Maintenance of the whole queue by a worker
  case jobsRescued = "jobs_rescued"
  case orphansRequeued = "orphans_requeued"
  case waitingJobsChanged = "waiting_jobs_changed"
  case waitingJobsNotMaintained = "waiting_jobs_not_maintained"
  case historyPartitionChanged = "history_partition_changed"
  case historyNotMaintained = "history_not_maintained"

  // The scheduler
  case schedulerStarted = "scheduler_started"
  case schedulerLostDatabase = "scheduler_lost_database"
  case schedulerRetries = "scheduler_retries"
  case schedulerResumed = "scheduler_resumed"
  case tickMade = "tick_made"
  case tickRefused = "tick_refused"
  case scheduleUnplannable = "schedule_unplannable"
  case zoneRulesDiffer = "zone_rules_differ"
}

extension TelemetryEvent {
  /// The fixed properties of an event.
  package struct Definition: Sendable {
    /// How much it matters.
    package let level: Logger.Level
    /// For people.
    package let message: String
    /// Further members that the line may have.
    package let keys: [TelemetryKey]
    /// When it is logged, and what an operator makes of it.
    package let meaning: String
    /// The level that some of these lines have instead.
    package let otherLevel: OtherLevel?

    init(
      _ level: Logger.Level, _ message: String, _ keys: [TelemetryKey] = [], or otherLevel: OtherLevel? = nil,
      meaning: String
    ) {
      self.level = level
      self.message = message
      self.keys = keys
      self.otherLevel = otherLevel
      self.meaning = meaning
    }
  }

  /// Why some lines of an event have another level.
  package enum OtherLevel: String, Sendable {
    /// While something lasts, one line a minute has the event's level.
    case repeated = "debug, but for the first of an outage and one a minute or so"
    /// A big batch is one line.
    case inBigBatch = "debug in a batch of more than 20 jobs"
  }

  /// Level, message, keys and meaning.
  package var definition: Definition {
    switch self {
    case .settingIgnored:
      Definition(
        .warning, "unknown setting", [.error],
        meaning: "A variable or a member of the settings' file looks like a setting and is none. Correct its name.")
    case .other:
      Definition(
        .debug, "", [],
        meaning:
          "A line of the database connection or of a library, such as a notice of the server; the message says which.")
    case .workerStarted, .workerPollsOnly, .workerStopping, .workerStopped, .workerLeftUnsaid, .claimsEnded,
      .drainLimitReached, .computationsStuck, .jobsLeftRunning:
      processDefinition
    case .startWaits, .claimWaits, .claimResumed, .headScanFailed, .loadRetried, .storeRetried, .heartbeatMissed,
      .heartbeatBack, .serverClockStepped, .listenerLost, .listenerBack, .maintenanceWaits:
      databaseDefinition
    case .jobCompleted, .jobUnchanged, .jobSnoozed, .jobRequeued, .jobCancelled, .jobFailed, .jobDiscarded,
      .batchFinished, .batchAbandoned, .resultsRefused, .resultsRefusedLeaseLost, .resultsEndedBefore:
      jobDefinition
    case .jobsRescued, .orphansRequeued, .waitingJobsChanged, .waitingJobsNotMaintained, .historyPartitionChanged,
      .historyNotMaintained:
      maintenanceDefinition
    case .schedulerStarted, .schedulerLostDatabase, .schedulerRetries, .schedulerResumed, .tickMade, .tickRefused,
      .scheduleUnplannable, .zoneRulesDiffer:
      schedulerDefinition
    }
  }
}

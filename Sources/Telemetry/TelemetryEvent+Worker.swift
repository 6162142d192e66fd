// The definitions of the worker's events.
extension TelemetryEvent {
  var processDefinition: Definition {
    switch self {
    case .workerStarted:
      Definition(
        .info, "working", [.queues, .kinds, .version, .computeThreads],
        meaning: "The worker has found its database fit and is registered.")
    case .workerPollsOnly:
      Definition(
        .notice, "a pooling proxy is in between: polling only; TWINMILL_LISTEN_URL names a direct URL",
        meaning: "Notifications do not pass the proxy. Jobs start up to TWINMILL_POLL_SECONDS later than they could.")
    case .workerStopping:
      Definition(
        .info, "stopping: no more claims", [.jobCount],
        meaning: "The worker was asked to stop. Jobs that run may end within TWINMILL_DRAIN_SECONDS.")
    case .workerStopped:
      Definition(
        .info, "stopped",
        meaning: "Every job has ended or is back in the queue, and the worker is no longer registered.")
    case .workerLeftUnsaid:
      Definition(
        .warning, "left without saying goodbye", [.error],
        meaning: "The database did not take the worker's leave. The others find its lease over and rescue what it held."
      )
    case .claimsEnded:
      Definition(.debug, "no more claims", [.batches], meaning: "The claim loop has ended; batches that run go on.")
    case .drainLimitReached:
      Definition(
        .warning, "drain limit reached: requeuing jobs", [.jobCount],
        meaning: "Jobs still ran after TWINMILL_DRAIN_SECONDS. They are cancelled and start again elsewhere.")
    case .computationsStuck:
      Definition(
        .critical, "computations ignore their cancellation: ending", [.jobIDs],
        meaning: "Jobs ran past their time limit and did not stop. The worker ends, and its supervisor starts it again."
      )
    default:
      Definition(
        .critical, "ending with jobs that ignore their cancellation", [.error],
        meaning:
          "The worker ends while computations still run. Other workers rescue the jobs; each of these counts one crash."
      )
    }
  }

  var databaseDefinition: Definition {
    switch self {
    case .startWaits:
      Definition(
        .warning, "waiting for the database", [.error], or: .repeated,
        meaning: "The worker starts as soon as it answers.")
    case .claimWaits:
      Definition(
        .warning, "claiming waits for the database", [.error], or: .repeated,
        meaning: "No job starts until the database answers.")
    case .claimResumed: Definition(.notice, "the database is back", meaning: "The worker claims jobs again.")
    case .headScanFailed:
      Definition(
        .debug, "no head scan", [.error],
        meaning: "The look at the heads of lanes is tried again with the next round of claims.")
    case .loadRetried:
      Definition(
        .warning, "loading is tried again", [.error], or: .repeated, meaning: "The connection was lost under a batch.")
    case .storeRetried:
      Definition(
        .warning, "storing is tried again", [.error], or: .repeated,
        meaning: "The connection was lost at the end of a batch. Results are stored once, or not at all.")
    case .heartbeatMissed:
      Definition(
        .warning, "heartbeat missed", [.error], or: .repeated,
        meaning: "The lease could not be renewed. When it is over, the others rescue the worker's jobs.")
    case .heartbeatBack: Definition(.notice, "heartbeat is back", meaning: "The lease is renewed again.")
    case .serverClockStepped:
      Definition(
        .warning, "the server's clock was set back", [.fromTime, .untilTime],
        meaning: "Instants of that span came twice. `twinmill verify` reads no order from them.")
    case .listenerLost:
      Definition(
        .warning, "not listening, polling goes on", [.error], or: .repeated,
        meaning: "Jobs start up to TWINMILL_POLL_SECONDS later than they could.")
    case .listenerBack: Definition(.notice, "listening again", meaning: "Notifications wake the worker again.")
    default:
      Definition(
        .warning, "maintenance waits for the database", [.error], or: .repeated,
        meaning: "Nothing is rescued by this worker until the database answers.")
    }
  }

  var jobDefinition: Definition {
    let ended: [TelemetryKey] = [.job, .kind, .attempt, .latency, .twin, .schedule]
    return switch self {
    case .jobCompleted: Definition(.info, "job completed", ended, or: .inBigBatch, meaning: "Its results are stored.")
    case .jobUnchanged:
      Definition(
        .info, "job completed, unchanged", ended, or: .inBigBatch,
        meaning: "Its input was the same as the last time, so the results that are there stay.")
    case .jobSnoozed:
      Definition(
        .info, "job snoozed", ended, or: .inBigBatch, meaning: "It asked to run later; this counts no attempt.")
    case .jobRequeued:
      Definition(.info, "job requeued", ended, or: .inBigBatch, meaning: "The worker stops; another one runs the job.")
    case .jobCancelled:
      Definition(.info, "job cancelled", ended + [.error], meaning: "Somebody cancelled it, or its deadline came.")
    case .jobFailed:
      Definition(
        .warning, "job failed, will be tried again", ended + [.error, .retryIn],
        meaning: "The attempt ended with an error.")
    case .jobDiscarded:
      Definition(
        .error, "job discarded", ended + [.error],
        meaning: "It has no attempts left, or trying again cannot help. `twinmill job` shows its errors.")
    case .batchFinished:
      Definition(
        .info, "batch finished", [.kind, .jobCount, .firstJob, .lastJob, .latency],
        meaning: "The one line of a batch of more than 20 jobs.")
    case .batchAbandoned:
      Definition(
        .error, "batch abandoned, its open jobs are requeued", [.kind, .jobRange, .error],
        meaning: "Something other than a job failed. The jobs that are not finished go back to the queue.")
    case .resultsRefused:
      Definition(
        .warning, "results refused: the jobs belong to another attempt", [.kind, .jobIDs],
        meaning: "The worker was taken for dead and its jobs were rescued. Nothing of this attempt is stored.")
    case .resultsRefusedLeaseLost:
      Definition(
        .warning, "results refused: the lease is lost", [.kind, .jobRange],
        meaning: "The worker gives up a batch and ends.")
    default:
      Definition(
        .warning, "jobs were ended before the connection was lost, or belong to another attempt", [.kind, .jobIDs],
        meaning: "The first try to store has ended these jobs, or another attempt has them.")
    }
  }

  var maintenanceDefinition: Definition {
    switch self {
    case .jobsRescued:
      Definition(
        .warning, "jobs of dead workers rescued", [.workers, .jobCount, .quarantined],
        meaning: "Their jobs are back in the queue with one crash more. A job with three crashes is discarded.")
    case .orphansRequeued:
      Definition(
        .warning, "orphaned jobs requeued", [.jobIDs],
        meaning: "The database gave this worker jobs that it does not know: the answer of their claim was lost.")
    case .waitingJobsChanged:
      Definition(
        .info, "waiting jobs changed", [.action, .jobCount],
        meaning:
          "Jobs that waited were cancelled, reached their deadline, or found their key free; `action` says which.")
    case .waitingJobsNotMaintained:
      Definition(
        .error, "waiting jobs not maintained", [.error],
        meaning: "Tried again in the next round; rescue goes on meanwhile.")
    case .historyPartitionChanged:
      Definition(
        .info, "history partition changed", [.action, .partition],
        meaning: "A day's partition was made ahead, or dropped after TWINMILL_RETENTION_DAYS.")
    default:
      Definition(
        .error, "history not maintained, partitions may be missing", [.error],
        meaning: "Jobs end in the default partition meanwhile. See the error; the look is repeated every ten minutes.")
    }
  }
}

/// A member of a log line besides time, level, event and message.
package struct TelemetryKey: Hashable, Sendable {
  /// As the line has it.
  package let name: String
  /// The meaning of the value.
  package let meaning: String
  /// The unit of a number; nil: the value is no number.
  package let unit: String?

  init(_ name: String, _ meaning: String, unit: String? = nil) {
    self.name = name
    self.meaning = meaning
    self.unit = unit
  }
}

extension TelemetryKey {
  // MARK: - Of every line

  package static let event = TelemetryKey("event", "the name of the event")
  package static let worker = TelemetryKey("worker", "the id of the worker process, new at each start")

  // MARK: - Jobs

  package static let job = TelemetryKey("job", "the job's id")
  package static let kind = TelemetryKey("kind", "the kind of job")
  package static let attempt = TelemetryKey("attempt", "which attempt it was", unit: "attempts")
  package static let latency = TelemetryKey(
    "latency_ms", "from the time that the job was due to its end; of a batch, that of its first job",
    unit: "milliseconds")
  package static let twin = TelemetryKey("twin", "the id of the twin that the job is about")
  package static let retryIn = TelemetryKey("retry_in_s", "the delay before the next attempt", unit: "seconds")
  package static let jobCount = TelemetryKey("jobs", "how many", unit: "jobs")
  package static let jobIDs = TelemetryKey("jobs", "their ids, an array")
  package static let jobRange = TelemetryKey(
    "jobs", "the first and the last id of the batch and how many, as `17…19 (3)`")
  package static let firstJob = TelemetryKey("first_job", "the id of the batch's first job")
  package static let lastJob = TelemetryKey("last_job", "the id of the batch's last job")
  package static let quarantined = TelemetryKey(
    "quarantined", "the ids of the jobs that were discarded at their third crash, an array")
  package static let workers = TelemetryKey("workers", "the ids of the dead workers, an array")

  // MARK: - Processes

  package static let queues = TelemetryKey("queues", "the queues that the worker serves, or `all`")
  package static let kinds = TelemetryKey("kinds", "the kinds of job that the worker runs, an array")
  package static let version = TelemetryKey("version", "the program's version")
  package static let computeThreads = TelemetryKey("compute_threads", "threads for computations", unit: "threads")
  package static let batches = TelemetryKey("batches", "batches that still run", unit: "batches")
  package static let error = TelemetryKey("error", "what went wrong, in words")
  package static let failures = TelemetryKey("failures", "failures in a row", unit: "failures")
  package static let action = TelemetryKey("action", "what was done")
  package static let fromTime = TelemetryKey("from", "the beginning of the span, ISO 8601")
  package static let untilTime = TelemetryKey("until", "the end of the span, ISO 8601")
  package static let partition = TelemetryKey("partition", "the partition of the history")

  // MARK: - Schedules

  package static let schedule = TelemetryKey("schedule", "the schedule's name")
  package static let plannedAt = TelemetryKey("planned_at", "the newest instant that was decided, ISO 8601")
  package static let nextAt = TelemetryKey("next_at", "the next instant, ISO 8601, or `never`")
  package static let enqueued = TelemetryKey("enqueued", "instants whose jobs were enqueued", unit: "instants")
  package static let skipped = TelemetryKey("skipped", "instants left out since a job was unfinished", unit: "instants")
  package static let missed = TelemetryKey("missed", "instants left out since they were missed", unit: "instants")
  package static let timeZone = TelemetryKey("time_zone", "the schedule's zone")
  package static let serverOffset = TelemetryKey("server_offset_s", "the zone's offset by the server", unit: "seconds")
  package static let schedulerOffset = TelemetryKey(
    "scheduler_offset_s", "the zone's offset by the scheduler", unit: "seconds")
}

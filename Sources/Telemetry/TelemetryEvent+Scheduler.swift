// The definitions of the scheduler's events.
extension TelemetryEvent {
  var schedulerDefinition: Definition {
    switch self {
    case .schedulerStarted:
      Definition(.info, "scheduler is ready", meaning: "The scheduler has found its database fit.")
    case .schedulerLostDatabase:
      Definition(
        .warning, "database lost; reconnecting", [.error, .failures], or: .repeated,
        meaning: "Nothing is enqueued meanwhile; missed instants are made up for as each schedule says.")
    case .schedulerRetries:
      Definition(
        .warning, "tick failed; trying again", [.error, .failures], or: .repeated,
        meaning: "The database refused a round of ticks. Nothing of it was enqueued.")
    case .schedulerResumed: Definition(.info, "database is back; ticking on", meaning: "Schedules run again.")
    case .tickMade:
      Definition(
        .info, "tick", [.schedule, .plannedAt, .enqueued, .skipped, .missed, .nextAt],
        meaning: "One or more instants of a schedule were decided.")
    case .tickRefused:
      Definition(
        .error, "tick failed", [.schedule, .error],
        meaning:
          "The queue refused the schedule's job, for example since its kind is gone. The schedule waits and tries again."
      )
    case .scheduleUnplannable:
      Definition(
        .error, "schedule cannot be planned", [.schedule, .error],
        meaning: "Its expression or its zone cannot be read. The other schedules run on.")
    default:
      Definition(
        .warning, "time zone rules differ between server and scheduler: update tzdata or Twinmill",
        [.schedule, .timeZone, .serverOffset, .schedulerOffset],
        meaning: "The scheduler's offset counts. A planned instant may differ from the one that the server would say.")
    }
  }
}

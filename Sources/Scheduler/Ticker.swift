import FoundationEssentials
import Logging
import Postgres
import Telemetry

/// Performs ticks on a connection: one transaction takes what is due, decides it and advances it.
///
/// Any number may run at once, in any number of processes. The ticker that has locked a schedule's row decides its
/// instants. The primary key of `twinmill.schedule_ticks` and the job's unique key make a second decision of the same
/// instant impossible.
struct Ticker: Sendable {
  /// Bounds of planning.
  var limits = TickPlan.Limits()
  /// How many schedules one transaction takes.
  var batch = 64
  /// How many old ticks one statement deletes.
  var pruningBatch = 1_000
  /// When a schedule that failed is tried again.
  var retryAfter: Duration = .seconds(30)
  let logger: Logger

  /// The server's time and when the next schedule is due.
  func peek(on connection: Connection) async throws -> (now: Date, next: Date?) {
    let row = try await connection.query(Statements.peek()).only()
    return try row.decode(Date.self, Date?.self)
  }

  /// Deletes ticks beyond retention.
  /// - Returns: True when there may be more.
  func prune(on connection: Connection) async throws -> Bool {
    let seconds = limits.retention / .seconds(1)
    let statement = Statements.pruneTicks(seconds, Int32(pruningBatch))
    return try await connection.query(statement).affected == pruningBatch
  }

  /// Decides what is due.
  /// - Returns: How many schedules were taken; 0 when nothing is due or others hold all of it.
  func tick(on connection: Connection) async throws -> Int {
    try await connection.transaction { transaction in
      let due = try await transaction.query(Statements.due(Int32(batch)))
      guard !due.isEmpty else { return 0 }
      let names = try due.map { row throws(PostgresError) in try row.get("name", as: String.self) }
      var live: [String: (unfinished: Int, waiting: Int)] = [:]
      for row in try await transaction.query(Statements.unfinishedJobs(names)) {
        let (name, unfinished, waiting) = try row.decode(String.self, Int.self, Int.self)
        live[name] = (unfinished, waiting)
      }
      var plans: [(schedule: Schedule, plan: TickPlan)] = []
      var statements: [SQL] = []
      for row in due {
        let now: Date = try row.get("now")
        let retryAt = now.addingTimeInterval(retryAfter / .seconds(1))
        do {
          let schedule = try read(row, now: now)
          let jobs = live[schedule.name] ?? (0, 0)
          let plan = TickPlan(schedule, unfinished: jobs.unfinished, waiting: jobs.waiting, now: now, limits: limits)
          plans.append((schedule, plan))
          statements.append(Self.statement(for: plan, of: schedule, retryAt: retryAt))
        } catch let fault as ScheduleFault {
          logger.emit(.scheduleUnplannable, [.schedule: "\(fault.schedule)", .error: "\(fault.message)"])
          // Alone, so that the pipeline's answers match the plans one to one.
          _ = try await transaction.query(Statements.failSchedule(fault.schedule, fault.message, retryAt))
        }
      }
      guard !statements.isEmpty else { return due.count }
      let answers = try await transaction.pipeline(statements)
      for (planned, answer) in zip(plans, answers) {
        let (_, error) = try answer.only().decode(Int32.self, String?.self)
        log(planned.plan, of: planned.schedule, error: error)
      }
      return due.count
    }
  }

  static func statement(for plan: TickPlan, of schedule: Schedule, retryAt: Date) -> SQL {
    Statements.applyTick(
      schedule.name, plan.decisions.map(\.plannedAt), plan.decisions.map(\.outcome.rawValue),
      plan.decisions.map(\.runAt), plan.decisions.map(\.reason), plan.plannedUntil, plan.nextAt, retryAt)
  }

  /// Reads a row of `due_schedules.sql`.
  private func read(_ row: Row, now: Date) throws -> Schedule {
    let name: String = try row.get("name")
    let cronText: String = try row.get("cron")
    let zoneName: String = try row.get("time_zone")
    let overlapName: String = try row.get("overlap")
    let catchUpName: String = try row.get("catch_up")
    let catchUpLimit: Int32 = try row.get("catch_up_limit")
    let cron: CronExpression
    do {
      cron = try CronExpression(cronText)
    } catch {
      throw ScheduleFault(schedule: name, message: error.description)
    }
    guard let zone = Zone(named: zoneName) else {
      throw ScheduleFault(
        schedule: name, message: "the scheduler has no rules for time zone \"\(zoneName)\"; use another name for it")
    }
    guard let overlap = OverlapPolicy(rawValue: overlapName) else {
      throw ScheduleFault(schedule: name, message: "unknown overlap policy \"\(overlapName)\"")
    }
    guard let catchUp = CatchUpPolicy(name: catchUpName, limit: Int(catchUpLimit)) else {
      throw ScheduleFault(schedule: name, message: "unknown catch-up policy \"\(catchUpName)\"")
    }
    let offset = zone.offset(at: Int(now.timeIntervalSince1970.rounded(.down)))
    if let serverOffset: Int32 = try row.get("server_offset"), Int(serverOffset) != offset {
      logger.emit(
        .zoneRulesDiffer,
        [
          .schedule: "\(name)", .timeZone: "\(zoneName)", .serverOffset: "\(serverOffset)",
          .schedulerOffset: "\(offset)",
        ])
    }
    return Schedule(
      name: name, cron: cron, timeZone: zone.timeZone, overlap: overlap, catchUp: catchUp,
      jitter: .seconds(try row.get("jitter_seconds", as: Double.self)), plannedUntil: try row.get("planned_until"))
  }

  private func log(_ plan: TickPlan, of schedule: Schedule, error: String?) {
    if let error {
      logger.emit(.tickRefused, [.schedule: "\(schedule.name)", .error: "\(error)"])
      return
    }
    guard let newest = plan.decisions.last else { return }
    var counts: [TickPlan.Outcome: Int] = [:]
    for decision in plan.decisions { counts[decision.outcome, default: 0] += 1 }
    logger.emit(
      .tickMade,
      [
        .schedule: "\(schedule.name)", .plannedAt: "\(newest.plannedAt.formatted(.iso8601))",
        .enqueued: "\(counts[.enqueued] ?? 0)", .skipped: "\(counts[.skipped] ?? 0)",
        .missed: "\(counts[.missed] ?? 0)", .nextAt: "\(plan.nextAt?.formatted(.iso8601) ?? "never")",
      ])
  }
}

/// Why one schedule cannot be planned; the others go on.
struct ScheduleFault: Error {
  let schedule: String
  let message: String
}

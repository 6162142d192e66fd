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
  /// How many schedules one transaction takes. Too few: a midnight with many schedules takes a commit for each few. Too
  /// many: the other schedulers get none of them.
  var batch = 500
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
      let now = try due[0].get("now", as: Date.self)
      let retryAt = now.addingTimeInterval(retryAfter / .seconds(1))
      let (live, offsets) = try await lookUp(due, on: transaction)
      let instants = PlannedInstants()
      var planned: [Planned] = []
      for row in due {
        do {
          let (schedule, zoneName, cronText) = try read(row, now: now, offsets, instants)
          let jobs = live[schedule.name] ?? (0, 0)
          let zone = Zone(schedule.timeZone)
          let plan = TickPlan(schedule, unfinished: jobs.unfinished, waiting: jobs.waiting, now: now, limits: limits) {
            instants.next(schedule.cron, text: cronText, in: zone, named: zoneName, after: $0)
          }
          planned.append(Planned(schedule: schedule, plan: plan))
        } catch let fault as ScheduleFault {
          logger.emit(.scheduleUnplannable, [.schedule: "\(fault.schedule)", .error: "\(fault.message)"])
          // Alone, so that the pipeline's answers match the plans one to one.
          _ = try await transaction.query(Statements.failSchedule(fault.schedule, fault.message, retryAt))
        }
      }
      try await apply(planned, retryAt: retryAt, on: transaction)
      return due.count
    }
  }

  /// A schedule that is due, and what is to become of it.
  private struct Planned {
    let schedule: Schedule
    let plan: TickPlan

    /// The one decision of a plan that has one, to run.
    var single: TickPlan.Decision? {
      plan.decisions.count == 1 && plan.decisions[0].outcome == .enqueued ? plan.decisions[0] : nil
    }
  }

  /// The facts that the decisions depend on beside the schedules: their unfinished jobs, and the server's offsets of their zones.
  private func lookUp(
    _ due: Rows, on transaction: Connection
  ) async throws -> (live: [String: (unfinished: Int, waiting: Int)], offsets: [String: Int32]) {
    let names = try due.map { row throws(PostgresError) in try row.get("name", as: String.self) }
    let zones = Set(try due.map { row throws(PostgresError) in try row.get("time_zone", as: String.self) })
    var pipeline = Pipeline()
    let unfinished = pipeline.add(Statements.unfinishedJobs(names))
    let zoneOffsets = pipeline.add(Statements.zoneOffsets(zones.sorted()))
    let answers = try await transaction.pipeline(pipeline)
    var live: [String: (unfinished: Int, waiting: Int)] = [:]
    for row in answers[unfinished] {
      let (name, unfinished, waiting) = try row.decode(String.self, Int.self, Int.self)
      live[name] = (unfinished, waiting)
    }
    var offsets: [String: Int32] = [:]
    for row in answers[zoneOffsets] {
      let (zone, offset) = try row.decode(String.self, Int32?.self)
      offsets[zone] = offset
    }
    return (live, offsets)
  }

  /// Carries the plans out: those with one instant to run all together, the others one by one.
  private func apply(_ planned: [Planned], retryAt: Date, on transaction: Connection) async throws {
    let singles = planned.filter { $0.single != nil }
    var done: Set<String> = []
    if singles.count > 1 {
      let statement = Statements.applyTicks(
        singles.map(\.schedule.name), singles.map { $0.single?.plannedAt }, singles.map { $0.single?.runAt },
        singles.map { $0.single?.reason }, singles.map(\.plan.plannedUntil), singles.map(\.plan.nextAt))
      for row in try await transaction.query(statement) { done.insert(try row.decode(String.self)) }
      for one in singles where done.contains(one.schedule.name) { log(one.plan, of: one.schedule, error: nil) }
    }
    let others = planned.filter { !done.contains($0.schedule.name) }
    guard !others.isEmpty else { return }
    let answers = try await transaction.pipeline(
      others.map { Self.statement(for: $0.plan, of: $0.schedule, retryAt: retryAt) })
    for (one, answer) in zip(others, answers) {
      let (_, error) = try answer.only().decode(Int32.self, String?.self)
      log(one.plan, of: one.schedule, error: error)
    }
  }

  static func statement(for plan: TickPlan, of schedule: Schedule, retryAt: Date) -> SQL {
    Statements.applyTick(
      schedule.name, plan.decisions.map(\.plannedAt), plan.decisions.map(\.outcome.rawValue),
      plan.decisions.map(\.runAt), plan.decisions.map(\.reason), plan.plannedUntil, plan.nextAt, retryAt)
  }

  /// Reads a row of `due_schedules.sql`.
  /// - Returns: the schedule, and the names of its zone and expression.
  private func read(
    _ row: Row, now: Date, _ offsets: [String: Int32], _ instants: PlannedInstants
  ) throws -> (schedule: Schedule, zone: String, cron: String) {
    let name: String = try row.get("name")
    let cronText: String = try row.get("cron")
    let zoneName: String = try row.get("time_zone")
    let overlapName: String = try row.get("overlap")
    let catchUpName: String = try row.get("catch_up")
    let catchUpLimit: Int32 = try row.get("catch_up_limit")
    let cron: CronExpression
    do {
      cron = try instants.expression(cronText)
    } catch {
      throw ScheduleFault(schedule: name, message: error.description)
    }
    guard let zone = instants.zone(named: zoneName) else {
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
    if let serverOffset = offsets[zoneName], Int(serverOffset) != offset {
      logger.emit(
        .zoneRulesDiffer,
        [
          .schedule: "\(name)", .timeZone: "\(zoneName)", .serverOffset: "\(serverOffset)",
          .schedulerOffset: "\(offset)",
        ])
    }
    let schedule = Schedule(
      name: name, cron: cron, timeZone: zone.timeZone, overlap: overlap, catchUp: catchUp,
      jitter: .seconds(try row.get("jitter_seconds", as: Double.self)), plannedUntil: try row.get("planned_until"))
    return (schedule, zoneName, cronText)
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

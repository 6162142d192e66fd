import Files
import FoundationEssentials
import Postgres

/// Measures many schedules: what it costs to make one, and how long all take that are due at the same midnight.
struct SchedulesMeasurement: Measurement {
  static let name = "schedules"
  static let summary = "the cost of making a schedule, and many that are due at midnight"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      One statement makes the schedules, by twinmill.schedule, in three time zones. Each is then due at the last midnight \
      of its zone. The time is measured from the start of one scheduler process until every schedule has its job.
      """
    let schedules: Int
    let makeMs: Double
    let enqueueSeconds: [Double]
    let enqueueSecondsMedian: Double
  }

  private static let prefix = "bench-"

  func run() async throws -> Figures {
    let connection = try await stage.connect()
    do {
      let figures = try await measure(on: connection)
      try await clear(on: connection)
      await connection.close()
      return figures
    } catch {
      await connection.close()
      throw error
    }
  }

  private func measure(on connection: Connection) async throws -> Figures {
    let count = sizes.schedules
    try await clear(on: connection)
    let making = try await ContinuousClock.seconds {
      _ = try await connection.query(
        """
        SELECT count(twinmill.schedule(\(Self.prefix) || g, '0 0 * * *', 'probe', queue => \(BenchStage.queue),
          time_zone => (ARRAY['UTC', 'Europe/Berlin', 'Asia/Tokyo'])[1 + g % 3]))
        FROM generate_series(1, \(Int32(count))::integer) AS g
        """)
    }
    var seconds: [Double] = []
    for _ in 1...sizes.rounds {
      try await Backlog(stage: stage).clear(on: connection)
      _ = try await connection.query(
        "DELETE FROM twinmill.schedule_ticks WHERE starts_with(schedule, \(Self.prefix))")
      _ = try await connection.query(
        """
        UPDATE twinmill.schedules SET next_at = NULL, planned_until = now() - interval '24 hours'
        WHERE starts_with(name, \(Self.prefix))
        """)
      try await connection.script("VACUUM (ANALYZE) twinmill.schedules, twinmill.schedule_ticks, twinmill.live_jobs")
      let started = ContinuousClock.now
      let scheduler = try await BenchWorker.startScheduler(stage)
      while try await due(on: connection) > 0 {
        try scheduler.check()
        try await Task.sleep(for: .milliseconds(20))
      }
      seconds.append((ContinuousClock.now - started).seconds.rounded(to: 2))
      await scheduler.stop()
      let jobs = try await Backlog(stage: stage).open(on: connection)
      guard jobs == count else { throw CommandFailure("\(count) schedules have enqueued \(jobs) jobs") }
    }
    return Figures(
      schedules: count, makeMs: (making * 1000 / Double(count)).rounded(to: 3), enqueueSeconds: seconds,
      enqueueSecondsMedian: seconds.median)
  }

  private func due(on connection: Connection) async throws -> Int64 {
    try await connection.query(
      """
      SELECT count(*) FROM twinmill.schedules s
      WHERE coalesce(s.next_at, '-infinity') <= now() AND starts_with(s.name, \(Self.prefix)) AND s.enabled
      """)[0].decode(Int64.self)
  }

  private func clear(on connection: Connection) async throws {
    _ = try await connection.query("DELETE FROM twinmill.schedules WHERE starts_with(name, \(Self.prefix))")
    _ = try await connection.query("DELETE FROM twinmill.schedule_ticks WHERE starts_with(schedule, \(Self.prefix))")
  }
}

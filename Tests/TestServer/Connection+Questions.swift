import Postgres

extension Connection {
  /// One value of the one row that a statement answers.
  public func value<T: PostgresDecodable & Sendable>(_ sql: SQL, as type: T.Type = T.self) async throws -> T {
    try await query(sql).only().decode(T.self)
  }

  /// Returns once the server answers true to a question about committed data; asks again until it does, after pauses
  /// that grow to a twentieth of a second: what takes long on a busy machine must not be slowed down by the asking.
  public func until(_ question: SQL) async throws {
    var pause = Duration.milliseconds(2)
    while try await query(question).only().decode(Bool.self) == false {
      try await Task.sleep(for: pause)
      pause = min(pause * 3 / 2, .milliseconds(50))
    }
  }

  /// Waits until another session of the database waits for a lock: its process.
  public func processWaitingForLock() async throws -> Int32 {
    let waiting: SQL = """
      SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
      """
    while true {
      // Inside a transaction the server goes on telling of the sessions that the first look saw.
      _ = try await query("SELECT pg_stat_clear_snapshot()")
      if let process = try await query(waiting).first { return try process.decode(Int32.self) }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  /// Takes part of `twinmill.wake`: whoever enqueues in the coming minute finds that this transaction notifies already.
  /// Its turn is that of every 10 ms, without the gaps that a clock read for each would leave.
  public func takeWakeTurns(of queue: String) async throws {
    _ = try await query(
      """
      SELECT count(pg_try_advisory_xact_lock(
        hashtextextended(\(queue) || ' ' || ((date_part('epoch', now()) * 100)::bigint + n), 0)))
      FROM generate_series(0, 6000) AS n
      """)
  }

  /// Makes a schedule of probes that has been due for a while, and waits until daemons have run a job of it.
  public func runScheduleOfProbes() async throws {
    _ = try await query("SELECT twinmill.schedule('often', '* * * * *', 'probe')")
    _ = try await query(
      """
      UPDATE twinmill.schedules SET next_at = now() - interval '1 s', planned_until = now() - interval '5 min'
      WHERE name = 'often'
      """)
    try await until(
      "SELECT count(*) > 0 FROM twinmill.job_history WHERE schedule = 'often' AND state = 'completed'")
  }
}

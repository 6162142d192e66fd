import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("History", .queueDatabase)
struct HistoryTests: DatabaseSuite {
  /// Makes and drops what is due; the partitions that are left, without the default one.
  private func maintain(_ connection: Connection, retention: Duration = .seconds(30 * 86_400)) async throws -> [String]
  {
    return try await JobQueue.maintainHistory(retention: retention, on: connection).map {
      "\($0.action) \($0.partition)"
    }
  }

  private func addPartition(daysAgo: Int32, _ connection: Connection) async throws -> String {
    let name: String = try await connection.query(
      "SELECT 'job_history_' || to_char((now() AT TIME ZONE 'UTC')::date - \(daysAgo), 'YYYYMMDD')"
    ).only()
      .decode(String.self)
    try await connection.script(
      """
      SET timezone = 'UTC';
      DO $$ DECLARE day date := current_date - \(daysAgo); BEGIN
        EXECUTE format('CREATE TABLE twinmill.%I PARTITION OF twinmill.job_history FOR VALUES FROM (%L) TO (%L)',
          'job_history_' || to_char(day, 'YYYYMMDD'), day, day + 1);
        EXECUTE format('ALTER TABLE twinmill.%I OWNER TO twinmill_owner', 'job_history_' || to_char(day, 'YYYYMMDD'));
      END $$;
      """)
    return name
  }

  @Test("days to come have their partition, days past retention have none, and then there is nothing to do")
  func roundAndRound() async throws {
    let old = try await addPartition(daysAgo: 31, connection)
    let kept = try await addPartition(daysAgo: 29, connection)
    try await connection.script(
      """
      DO $$ BEGIN
        EXECUTE format('DROP TABLE twinmill.%I',
          'job_history_' || to_char(now() AT TIME ZONE 'UTC' + interval '2 days', 'YYYYMMDD'));
      END $$
      """)
    let changes = try await maintain(connection)
    #expect(changes.count == 2)
    #expect(changes[0].hasPrefix("created "))
    #expect(changes[1] == "dropped \(old)")
    #expect(try await maintain(connection).isEmpty)
    #expect(
      try await connection.query("SELECT to_regclass('twinmill.' || \(kept)) IS NOT NULL").only().decode(Bool.self))
  }

  @Test("what probes wrote goes with their history, and only that")
  func forgetsEffects() async throws {
    _ = try await addPartition(daysAgo: 40, connection)
    try await connection.script(
      """
      INSERT INTO twinmill.job_history (job_id, enqueued_at, run_at, finished_at, state, priority, attempt,
        max_attempts, crashes, kind, queue, requested_by, arguments)
      SELECT n, now(), now(), now() - (3 - n) * interval '20 days', 'completed', 0, 1, 5, 0, 'probe', 'default', 'test',
        '{}'
      FROM generate_series(1, 2) AS n;
      CREATE TABLE twinmill.written AS SELECT n::bigint AS job_id FROM generate_series(0, 2) AS n;
      ALTER TABLE twinmill.written OWNER TO twinmill_owner;
      INSERT INTO twinmill.job_tables VALUES ('written', 'probe');
      """)
    _ = try await maintain(connection)
    let kept: SQL = "SELECT array_agg(job_id ORDER BY job_id) FROM twinmill.written"
    #expect(try await connection.value(kept, as: [Int64].self) == [0, 2])
  }

  @Test("what a missing partition left in the default one moves to its own")
  func moves() async throws {
    let today: String = try await connection.query(
      "SELECT 'job_history_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')"
    ).only().decode(String.self)
    try await connection.script("DROP TABLE twinmill.\(Statement.quotedIdentifier(today))")
    try await connection.enqueueProbes(1)
    _ = try await connection.query("SELECT twinmill.cancel(1)")
    let count: SQL = "SELECT count(*) FROM twinmill.job_history_default"
    #expect(try await connection.query(count).only().decode(Int64.self) == 1)
    #expect(try await maintain(connection) == ["created \(today)"])
    #expect(try await connection.query(count).only().decode(Int64.self) == 0)
    #expect(try await connection.query("SELECT count(*) FROM twinmill.job_history").only().decode(Int64.self) == 1)
  }

  @Test("somebody who reads the history for long is not waited for, and keeps nobody from finishing jobs")
  func longReader() async throws {
    let old = try await addPartition(daysAgo: 40, connection)
    try await connection.enqueueProbes(1)
    let reader = try await database.connect()
    try await reader.script("BEGIN; SELECT count(*) FROM twinmill.job_history")
    #expect(try await maintain(connection).isEmpty)
    // Nothing is left waiting for the reader: else this would wait behind it.
    try await connection.script("SET lock_timeout = '1s'")
    _ = try await connection.query("SELECT twinmill.cancel(1)")
    try await reader.script("COMMIT")
    #expect(try await maintain(connection) == ["dropped \(old)"])
  }
}

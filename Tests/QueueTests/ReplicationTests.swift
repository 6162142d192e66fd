import FoundationEssentials
import Postgres
import PostgresServer
import TestServer
import Testing

@testable import Queue

@Suite("Logical replication", .dropsDatabases)
struct ReplicationTests {
  private static let withoutIdentity: SQL = """
    SELECT coalesce(string_agg(c.relname, ' ' ORDER BY c.relname), '') FROM pg_class c
    WHERE c.relnamespace = 'twinmill'::regnamespace AND c.relkind IN ('r', 'p') AND c.relreplident = 'd'
      AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
    """

  @Test("W4: every table has a replica identity, also partitions that come later")
  func identities() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    #expect(try await connection.value(Self.withoutIdentity, as: String.self) == "")
    try await connection.script("SELECT twinmill.maintain_history(30) FROM generate_series(1, 30)")
    #expect(try await connection.value(Self.withoutIdentity, as: String.self) == "")
    await connection.close()
  }

  @Test(
    "W4: a database whose tables are all published works, keeps its history, and arrives whole at its subscriber",
    .timeLimit(.minutes(30)))
  func published() async throws {
    let server = try await TestServer.own(
      settings: ["wal_level": "logical", "max_replication_slots": "40", "max_logical_replication_workers": "20"])
    let source = try await QueueDatabase.create(on: server)
    let copy = try await QueueDatabase.create(on: server)
    let (connection, subscriber) = (try await source.connect(), try await copy.connect())
    // By the root, so that the subscriber need not have each day's partition.
    try await connection.script(
      "CREATE PUBLICATION everything FOR ALL TABLES WITH (publish_via_partition_root = true)")
    // The history's upkeep: a day that came late is made, and dropped as it is past retention.
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(30)
    let first = try await queue.claim(limit: 10, on: connection)
    _ = try await queue.end(first.jobs, .completed, token: first.token, on: connection)
    try await connection.script(
      """
      INSERT INTO twinmill.job_history SELECT (late.h).* FROM (
        SELECT jsonb_populate_record(h, '{"finished_at": "2020-01-01T12:00:00Z"}') AS h
        FROM twinmill.job_history h WHERE h.job_id = 1) AS late
      """)
    var actions: [String] = []
    while let row = try await connection.query("SELECT action FROM twinmill.maintain_history()").first {
      actions.append(try row.decode(String.self))
    }
    #expect(actions == ["created", "dropped"])

    // The rows that a migration has put in would be there twice.
    try await subscriber.script(
      """
      DO $$ DECLARE one regclass; BEGIN
        FOR one IN SELECT c.oid FROM pg_class c
                   WHERE c.relnamespace = 'twinmill'::regnamespace AND c.relkind IN ('r', 'p')
        LOOP EXECUTE format('TRUNCATE %s', one); END LOOP;
      END $$;
      """)
    // A subscription to its own server waits for its own transaction, unless the slot is there before.
    _ = try await connection.query("SELECT pg_create_logical_replication_slot('copy', 'pgoutput')")
    try await subscriber.script(
      """
      CREATE SUBSCRIPTION copy
      CONNECTION 'host=\(server.socketFolder) port=5432 user=\(server.user) dbname=\(source.name)'
      PUBLICATION everything WITH (create_slot = false, slot_name = 'copy')
      """)
    // Jobs in all states, while a new day's partition comes.
    let second = try await queue.claim(limit: 10, on: connection)
    _ = try await queue.end(second.jobs, .completed, token: second.token, on: connection)
    try await connection.script("SELECT twinmill.cancel(30); SELECT twinmill.maintain_history(4)")
    let third = try await queue.claim(limit: 5, on: connection)
    _ = try await queue.end(
      Array(third.jobs.prefix(2)), .discarded(message: "no"), token: third.token, on: connection)

    let tables = ["live_jobs", "job_history", "claims", "kinds", "workers", "settings"]
    for table in tables {
      let sum = "SELECT coalesce(md5(string_agg(t::text, ' ' ORDER BY t::text)), '') FROM twinmill.\(table) t"
      let expected = try await connection.value(SQL(stringLiteral: sum), as: String.self)
      #expect(!expected.isEmpty, "\(table)")
      try await subscriber.until(SQL(stringLiteral: "SELECT (\(sum)) = '\(expected)'"))
    }
    try await subscriber.script(
      "ALTER SUBSCRIPTION copy DISABLE; ALTER SUBSCRIPTION copy SET (slot_name = NONE); DROP SUBSCRIPTION copy")
    await connection.close()
    await subscriber.close()
    await server.stop()
  }
}

import FoundationEssentials
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("Benchmark", .dropsDatabases)
struct BenchTests {
  private static let tiny = ["--jobs", "40", "--seconds", "0.3", "--rounds", "1", "--kills", "1"]
  /// The dead are noticed soon, and nobody is taken for dead on a busy machine.
  private static let quick: [String: String?] = ["TWINMILL_HEARTBEAT_SECONDS": "0.2", "TWINMILL_LEASE_SECONDS": "60"]

  @Test("measures everything on a database, prints one JSON object, and takes its jobs away")
  func everything() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let output = try await Installed.run(
      ["bench", "queue", "--compare-sql"] + Self.tiny, url: database.url, environment: Self.quick)
    #expect(output.status == 0, "\(output.err)")
    try await expect(
      output.out, on: connection,
      [
        "$.machine ? (@.cores >= 1).load_average", "$.server ? (@.is_private == false && @.settings.fsync == \"off\")",
        "$.workers ? (@.batch_limit == 500 && @.concurrency == 4)", "$.sizes ? (@.jobs == 40 && @.rounds == 1)",
        "$.drain ? (@.jobs == 40 && @.worker.per_second > 0 && @.worker.rounds.size() == 1)",
        "$.drain ? (@.usual_shape.per_second > 0 && @.own_statements.per_second > 0)",
        "$.drain ? (@.worker_to_usual_shape.median > 0 && @.own_statements_to_usual_shape.median > 0)",
        "$.enqueue ? (@.enqueue_many.per_second > 0 && @.enqueue_many_one_connection.per_second > 0)",
        "$.enqueue ? (@.bare_copy.per_second > 0 && @.single_to_bare.median > 0)", "$.enqueue.copy_from_cli.rounds",
        "$.latency.idle.from_commit ? (@.count == 5 && @.p99_ms >= @.p50_ms)", "$.latency.half_load.from_call.p50_ms",
        "$.latency.poll_only.to_finish_ms.p99_ms", "$.latency.poll_only_p99_beyond_interval_ms",
        "$.snapshot ? (@.jobs == 200 && @.held.tenths_per_second.size() == 10 && @.held.last_to_first > 0)",
        "$.steady ? (@.held.latency.from_commit.count > 0 && @.held_to_free_p50 > 0)",
        "$.depth ? (@.large.jobs == 2000 && @.large_to_small > 0 && @.small.look_ms.p50_ms > 0)",
        "$.recovery ? (@.victims > 0 && @.claimed_again.p99_ms > 0 && @.started_again.p99_ms > 0)",
        "$.kills ? (@.acknowledged == 20 && @.completed == 20 && @.lost == 0)",
        "$.kills ? (@.effects_twice == 0 && @.effects_missing == 0)",
        "$.limits ? (@.limits.size() == 4 && @.limited_to_plain.median > 0)",
        "$.tenants ? (@.tenants.size() == 1 && @.tenants[0].newcomer_ms.size() == 1)",
        "$.footprint ? (@.idle_mb > 1 && @.drain_peak_mb > 1 && @.start_to_first_claim.p50_ms > 0)",
        "$.wal ? (@.enqueue.bytes_per_job > 100 && @.claim.bytes_per_job > 0 && @.finish.bytes_per_job > 100)",
        "$.wal ? (@.total.bytes_per_job > 200 && @.worker.bytes_per_job > 100)",
      ])
    let unstated: [String] = try await connection.value(
      """
      SELECT coalesce(array_agg(m.key), '{}') FROM jsonb_each(\(JSON(output.out))) AS m
      WHERE m.key NOT IN ('machine', 'server', 'workers', 'sizes') AND coalesce(length(m.value ->> 'method'), 0) < 50
      """)
    #expect(unstated == [])
    // A scheduler ran: it may have enqueued the database's own sweep.
    let left: Int64 = try await connection.value(
      "SELECT (SELECT count(*) FROM twinmill.all_jobs WHERE kind <> 'sweep') + (SELECT count(*) FROM twinmill.probe_writes)"
    )
    #expect(left == 0)
    #expect(try await connection.value("SELECT to_regnamespace('twinmill_bench') IS NULL", as: Bool.self))
  }

  @Test("without a database it starts a server of its own, with its durability, and stops it")
  func privateServer() async throws {
    let connection = try await TestDatabase.create().connect()
    let folder = "/tmp/twinmill-test-bench-\(UUID().uuidString)"
    let output = try await Installed.run(
      ["bench", "queue", "--only", "wal", "--folder", folder, "--setting", "wal_compression=pglz"] + Self.tiny)
    #expect(output.status == 0, "\(output.err)")
    try await expect(
      output.out, on: connection,
      [
        "$.server ? (@.is_private == true && @.settings.wal_compression == \"pglz\")",
        "$.server.settings ? (@.fsync == \"on\" && @.synchronous_commit == \"on\")",
        "$.wal.finish ? (@.without_page_images > 100 && @.page_images > 0)",
      ])
    let left = try await ChildProcess.run(["pgrep", "-f", "\(folder)/data"])
    #expect(left.out.isEmpty)
    _ = try await ChildProcess.run(["rm", "-r", folder])
  }

  @Test("refuses a queue that is not empty, and leaves the jobs of others alone when forced")
  func refusal() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    _ = try await connection.query("SELECT twinmill.enqueue('probe')")
    let arguments = ["bench", "queue", "--only", "drain"] + Self.tiny
    let refused = try await Installed.run(arguments, url: database.url)
    #expect(refused.status == 1)
    let reason = "twinmill: the queue of this database holds 1 jobs; drain it first, or repeat with --force\n"
    #expect(refused.err.hasSuffix(reason), "\(refused.err)")
    let forced = try await Installed.run(arguments + ["--force"], url: database.url)
    #expect(forced.status == 0, "\(forced.err)")
    #expect(try await connection.value("SELECT state::text FROM twinmill.jobs", as: String.self) == "ready")
    #expect(try await Installed.run(["bench", "queue", "--only", "drain,speed"], url: database.url).status == 64)
  }

  /// Each of these JSON paths leads to something in the report.
  private func expect(_ report: String, on connection: Connection, _ paths: [String]) async throws {
    let missing: [String] = try await connection.value(
      """
      SELECT coalesce(array_agg(path), '{}') FROM unnest(\(paths)::text[]) AS path
      WHERE NOT jsonb_path_exists(\(JSON(report)), path::jsonpath)
      """)
    #expect(missing == [], "\(report)")
  }
}

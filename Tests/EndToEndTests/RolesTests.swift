import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("Roles")
struct RolesTests {
  /// Tests the rights of each role. Roles belong to the whole server, so this suite has a server of its own.
  @Test("each role may do its work and nothing else")
  func matrix() async throws {
    let server = try await TestServer.own()
    let database = try await Installed.migrated(on: server)
    let deploy = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Deploy/sql/roles.sql").path
    for _ in 1...2 {
      let result = try await ChildProcess.run(["psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", database.url, "-f", deploy])
      #expect(result.status == 0, "\(result.err)")
    }
    let cases: [(role: String, statement: String, isAllowed: Bool)] = [
      ("twinmill_enqueue", "SELECT twinmill.enqueue('probe')", true),
      ("twinmill_enqueue", "SELECT twinmill.enqueue_many('[{\"kind\": \"probe\"}]')", true),
      ("twinmill_enqueue", "SELECT twinmill.enqueue_all(ARRAY[twinmill.request('probe')])", true),
      ("twinmill_enqueue", "SELECT twinmill.enqueue_documents(ARRAY['{\"kind\": \"probe\"}'::jsonb])", true),
      ("twinmill_enqueue", "SELECT twinmill.insert_jobs('{}', NULL)", false),
      ("twinmill_enqueue", "SELECT twinmill.twin('sensor', 'x')", true),
      ("twinmill_enqueue", "SELECT * FROM twinmill.jobs", false),
      ("twinmill_enqueue", "INSERT INTO twinmill.live_jobs DEFAULT VALUES", false),
      ("twinmill_enqueue", "SELECT twinmill.cancel(1)", false),
      ("twinmill_enqueue", "SELECT twinmill.rescue('{}', '{}')", false),
      ("twinmill_enqueue", "SELECT * FROM twin_predictions", false),
      ("twinmill_read", "SELECT * FROM twinmill.all_jobs", true),
      ("twinmill_read", "SELECT * FROM twinmill.freshness", true),
      ("twinmill_read", "SELECT * FROM twin_predictions", true),
      ("twinmill_read", "SELECT * FROM twinmill.current_insights, twinmill.current_recommendations", true),
      ("twinmill_read", "SELECT twinmill.enqueue('probe')", false),
      ("twinmill_read", "DELETE FROM twinmill.job_history", false),
      ("twinmill_operate", "SELECT twinmill.cancel(job_id) FROM twinmill.enqueue('probe')", true),
      ("twinmill_operate", "SELECT twinmill.schedule('s', '@daily', 'probe')", true),
      ("twinmill_operate", "SELECT twinmill.pause('default'), twinmill.resume('default')", true),
      ("twinmill_operate", "SELECT twinmill.limit_queue('default', running => 2)", true),
      ("twinmill_operate", "SELECT twinmill.weigh_tenant('acme', 2), twinmill.keep_predictions(90)", true),
      ("twinmill_enqueue", "SELECT twinmill.pause('default')", false),
      ("twinmill_operate", "DELETE FROM twinmill.live_jobs", false),
      ("twinmill_worker", "DROP TABLE twinmill.live_jobs", false),
      ("twinmill_worker", "DELETE FROM twin_predictions", false),
      ("twinmill_worker", "DELETE FROM twin_insights", false),
      ("twinmill_worker", "UPDATE product_effects SET start_date = now()", false),
      ("twinmill_worker", "CREATE TABLE twinmill.mine (n int)", false),
    ]
    for (role, statement, isAllowed) in cases {
      let result = try await database.psql("BEGIN; SET LOCAL ROLE \(role); \(statement); ROLLBACK;")
      #expect((result.status == 0) == isAllowed, "\(role): \(statement)\n\(result.err)")
      if !isAllowed { #expect(result.err.contains("42501"), "\(role): \(statement)\n\(result.err)") }
    }

    // The worker's own role runs every kind of work end to end.
    _ = try await database.psql("CREATE ROLE runner LOGIN IN ROLE twinmill_worker;")
    let url = database.url.replacing("postgres@", with: "runner@")
    let worker = try await Daemon("worker", url: url)
    let scheduler = try await Daemon("scheduler", url: url)
    let csv = "/tmp/twinmill-test-\(UUID().uuidString).csv"
    defer { unlink(csv) }
    try ("timestamp,value\n" + (0..<60).map { "2026-01-01 00:\($0 < 10 ? "0" : "")\($0):00,\($0 % 7)\n" }.joined())
      .write(toFile: csv, atomically: true, encoding: .utf8)
    #expect(try await Installed.run(["import", csv, "--twin", "t"], url: database.url).status == 0)
    let probe = try await Installed.run(
      ["enqueue", "probe", "--arguments", "{\"rows\": 2}", "--wait"], url: database.url)
    #expect(probe.out.hasSuffix("inserted, completed\n"))
    let sweep = try await Installed.run(["enqueue", "sweep", "--wait"], url: database.url)
    #expect(sweep.out.hasSuffix("completed\n"), "\(sweep.out) \(worker.log)")
    let prediction = try await Installed.run(
      ["enqueue", "prediction", "--twin", "sensor/t", "--wait"], url: database.url)
    #expect(prediction.out.hasSuffix("completed\n"), "\(prediction.out) \(worker.log)")
    // A product used on and off: results are written, replaced, and an application's row is completed.
    _ = try await database.psql(
      """
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics, product_usage)
      SELECT gen_random_uuid(), twinmill.twin('skincare', '1'), now() - n * interval '1 day',
        json_build_object('hydration_index', 40 + n * n % 7 + CASE WHEN n < 30 THEN 9 ELSE 0 END),
        CASE WHEN n < 30 THEN '["a"]' ELSE '[]' END::json
      FROM generate_series(1, 80) AS n;
      INSERT INTO product_effects (id, product_id, twin_id, start_date)
      SELECT gen_random_uuid(), gen_random_uuid(), twinmill.twin('skincare', '1'), now() - interval '50 days';
      """)
    for arguments in ["{}", "{\"history_days\": 70}"] {
      for kind in ["correlation", "effect"] {
        let job = try await Installed.run(
          ["enqueue", kind, "--twin", "skincare/1", "--arguments", arguments, "--wait"], url: database.url)
        #expect(job.out.hasSuffix("completed\n"), "\(job.out) \(worker.log)")
      }
    }
    let effects = try await database.psql("SELECT count(*) FROM product_effects WHERE observed_effects IS NOT NULL;")
    #expect(effects.out.contains("2"), "\(effects.out)\(effects.err)")
    // Insights and recommendations are written, and written again in place.
    for round in 1...2 {
      for kind in ["insight", "recommendation"] {
        let job = try await Installed.run(["enqueue", kind, "--twin", "skincare/1", "--wait"], url: database.url)
        #expect(job.out.hasSuffix("completed\n"), "\(job.out) \(worker.log)")
      }
      _ = try await database.psql(
        """
        INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics)
        SELECT gen_random_uuid(), twinmill.twin('skincare', '1'), now(), '{"hydration_index": 5\(round)}';
        """)
    }
    #expect(await worker.stop() == 0)
    #expect(await scheduler.stop() == 0)
    await server.stop()
  }
}

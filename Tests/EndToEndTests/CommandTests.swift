import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("Command line", .dropsDatabases)
struct CommandTests {
  @Test("migrate up, status, down to nothing and up again; down refuses while jobs wait")
  func migrate() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    func run(_ arguments: String...) async throws -> ChildProcess.Output {
      try await Installed.run(["migrate"] + arguments, url: database.url)
    }
    #expect(try await run("up").status == 0)
    #expect(try await run("up").out == "up to date\n")
    #expect(try await run("status").out.split(separator: "\n").dropFirst().allSatisfy { !$0.hasSuffix("-") })
    _ = try await connection.query("SELECT twinmill.enqueue('probe')")
    let refused = try await run("down", "--to", "0")
    #expect(refused.status == 1)
    #expect(refused.err == "twinmill: 1 jobs are waiting or running; drain the queue first, or repeat with --force\n")
    #expect(try await run("down", "--to", "0", "--force").status == 0)
    let left: Int64 = try await connection.value(
      """
      SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
      """)
    #expect(left == 0)
    #expect(try await connection.value("SELECT to_regnamespace('twinmill') IS NULL", as: Bool.self))
    #expect(try await run("up").status == 0)
    #expect(try await connection.value("SELECT count(*) FROM twinmill.schedules", as: Int64.self) == 1)
  }

  @Test("enqueue waits for the end; jobs and job show it, as text and as JSON")
  func enqueue() async throws {
    let database = try await Installed.migrated()
    let worker = try await Daemon("worker", url: database.url)
    let done = try await Installed.run(
      ["enqueue", "probe", "--arguments", "{\"rows\": 2}", "--unique-key", "k", "--wait"], url: database.url)
    #expect(done.out == "job 1 inserted, completed\n")
    let jobs = try await Installed.run(["jobs", "--kind", "probe", "--json"], url: database.url)
    #expect(jobs.out.contains("\"job_id\":1,\"state\":\"completed\",\"kind\":\"probe\""))
    let job = try await Installed.run(["job", "1"], url: database.url)
    #expect(job.out.contains("arguments     {\"rows\": 2}\n"))
    #expect(job.out.contains("requested_by  postgres\n"))
    let json = try await Installed.run(["job", "1", "--json"], url: database.url)
    #expect(json.out.hasPrefix("{\"job_id\":1,\"state\":\"completed\""))
    let failed = try await Installed.run(
      ["enqueue", "probe", "--arguments", "{\"fail\": \"on purpose\"}", "--max-attempts", "1", "--wait"],
      url: database.url)
    #expect(failed.status == 1)
    #expect(failed.err == "twinmill: job 2 discarded: on purpose\n")
    let down = try await Installed.run(["migrate", "down", "--to", "0"], url: database.url)
    #expect(down.err == "twinmill: 1 workers are at work; stop them first, or repeat with --force\n")
    #expect(await worker.stop() == 0)
  }

  @Test("a scheduler fires what is due and the worker runs it, with its lineage")
  func schedule() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let worker = try await Daemon("worker", url: database.url)
    let scheduler = try await Daemon("scheduler", url: database.url)
    _ = try await connection.query(
      "SELECT twinmill.schedule('every-minute', '* * * * *', 'probe', arguments => '{\"rows\": 1}')")
    // As if the last planned instant lay some minutes back.
    _ = try await connection.query(
      """
      UPDATE twinmill.schedules SET planned_until = now() - interval '3 minutes', next_at = now() - interval '2 minutes'
      WHERE name = 'every-minute'
      """)
    try await connection.until(
      """
      SELECT count(*) >= 1 FROM twinmill.job_history
      WHERE schedule = 'every-minute' AND tick IS NOT NULL AND state = 'completed'
      """)
    #expect(await scheduler.stop() == 0)
    #expect(await worker.stop() == 0)
  }

  @Test("the worker's log is JSON with job, kind, attempt and latency")
  func log() async throws {
    let database = try await Installed.migrated()
    let worker = try await Daemon("worker", url: database.url)
    _ = try await Installed.run(["enqueue", "probe", "--wait"], url: database.url)
    #expect(await worker.stop() == 0)
    let line = try #require(worker.lines(with: "job completed").first)
    struct Line: Decodable {
      let job: Int64
      let kind: String
      let attempt: Int
      let latencyMilliseconds: Double
      let level: String
      let time: String

      enum CodingKeys: String, CodingKey {
        case job, kind, attempt, level, time
        case latencyMilliseconds = "latency_ms"
      }
    }
    let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
    #expect(decoded.job == 1 && decoded.kind == "probe" && decoded.attempt == 1 && decoded.latencyMilliseconds >= 0)
  }

  @Test("a command on a database without the schema says what to run")
  func unmigrated() async throws {
    let database = try await TestDatabase.create()
    let jobs = try await Installed.run(["jobs"], url: database.url)
    #expect(jobs.status == 1)
    #expect(jobs.err.hasSuffix("Run: twinmill migrate up\n"), "\(jobs.err)")
  }

  @Test("forecast of a twin prints steps, errors of the past and drawings, and changes nothing")
  func forecastTwin() async throws {
    let database = try await Installed.migrated()
    let csv = "/tmp/twinmill-test-\(UUID().uuidString).csv"
    defer { unlink(csv) }
    let start = Date(timeIntervalSince1970: 1_767_225_600)
    let rows = (0..<200).map { hour in
      "\(start.addingTimeInterval(3_600 * Double(hour)).formatted(.iso8601)),\(50 + (hour % 24) / 2)"
    }
    try (["timestamp,load"] + rows).joined(separator: "\n").write(toFile: csv, atomically: true, encoding: .utf8)
    #expect(try await Installed.run(["import", csv, "--twin", "pump"], url: database.url).status == 0)
    let forecast = try await Installed.run(
      ["forecast", "--twin", "sensor/pump", "--horizon", "6", "--level", "80,95"], url: database.url)
    #expect(forecast.status == 0, "\(forecast.err)")
    let lines = forecast.out.split(separator: "\n")
    #expect(lines.count == 7 && lines[0] == "id,step,mean,lo80,hi80,lo95,hi95" && lines[1].hasPrefix("load,1,"))
    // Without --horizon the domain's own.
    let own = try await Installed.run(["forecast", "--twin", "sensor/pump"], url: database.url)
    #expect(own.out.split(separator: "\n").count == 25)
    let backtest = try await Installed.run(
      ["forecast", "--twin", "sensor/pump", "--metric", "load", "--horizon", "12", "--backtest", "3"],
      url: database.url)
    let table = backtest.out.split(separator: "\n")
    #expect(table.first == "step,count,smape,mase,cover95" && table.count == 14, "\(backtest.err)")
    #expect(table.last?.hasPrefix("all,36,") == true)
    let plot = try await Installed.run(
      ["forecast", "--twin", "sensor/pump", "--horizon", "6", "--plot"], url: database.url,
      environment: ["LC_ALL": "C.UTF-8"])
    #expect(plot.out.hasPrefix("sensor/pump: load") && plot.out.contains("░"))
    #expect(plot.out.contains(" 00:00 ") && plot.out.contains("9 Jan 2026") && plot.out.contains("UTC"))
    let none = try await Installed.run(["forecast", "--twin", "sensor/none"], url: database.url)
    #expect(none.status == 1 && none.err.hasPrefix("twinmill: --twin 'sensor/none': there is no such twin"))
    let unknown = try await Installed.run(
      ["forecast", "--twin", "sensor/pump", "--metric", "heat"], url: database.url)
    #expect(unknown.status == 1 && unknown.err.contains("has no observations of heat"))
    let connection = try await database.connect()
    #expect(try await connection.value("SELECT count(*) FROM user_digital_twins", as: Int64.self) == 1)
    #expect(try await connection.value("SELECT count(*) FROM twin_predictions", as: Int64.self) == 0)
  }

  @Test("import and enqueue name a twin alike")
  func twinNames() async throws {
    let database = try await Installed.migrated()
    let csv = "/tmp/twinmill-test-\(UUID().uuidString).csv"
    try "timestamp,value\n2026-01-01,1\n".write(toFile: csv, atomically: true, encoding: .utf8)
    for name in ["sensor/pump", "pump"] {
      let imported = try await Installed.run(["import", csv, "--twin", name], url: database.url)
      #expect(imported.out.contains("(sensor/pump)"), "\(imported.err)")
    }
    unlink(csv)
    let connection = try await database.connect()
    #expect(try await connection.value("SELECT count(*) FROM user_digital_twins", as: Int64.self) == 1)
  }

  @Test("what is set and means nothing is told with the nearest setting, in the log and by commands")
  func unknownKeys() async throws {
    let database = try await Installed.migrated()
    let file = "/tmp/twinmill-test-\(UUID().uuidString).yaml"
    defer { unlink(file) }
    try "twinmill:\n  batch_limt: 5\npol_seconds: 2\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    let environment: [String: String?] = ["TWINMILL_CONFIG": file, "TWINMILL_HEARTBEAT": "2"]
    let told = [
      "unknown setting TWINMILL_HEARTBEAT is ignored; did you mean TWINMILL_HEARTBEAT_SECONDS?",
      "TWINMILL_CONFIG=\(file): unknown setting pol_seconds is ignored; did you mean twinmill.poll_seconds?",
      "TWINMILL_CONFIG=\(file): unknown setting twinmill.batch_limt is ignored; did you mean twinmill.batch_limit?",
    ]
    let jobs = try await Installed.run(["jobs"], url: database.url, environment: environment)
    #expect(jobs.status == 0 && jobs.err == told.map { "twinmill: \($0)\n" }.joined())
    for command in ["worker", "scheduler"] {
      let daemon = try await Daemon(command, url: database.url, environment: environment)
      for text in told { try await daemon.untilLogged(text) }
      await daemon.kill()
    }
    let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Deploy/systemd/twinmill.env.example").path
    let text = try String(contentsOfFile: examples, encoding: .utf8)
    let documented = text.matches(of: #/\n#([A-Z_]+)=/#).map { String($0.1) }
    #expect(documented.count == 16)
    let all = try await Installed.run(
      ["jobs"], url: database.url,
      environment: Dictionary(uniqueKeysWithValues: documented.map { ($0, $0 == "DATABASE_URL" ? database.url : "") }))
    #expect(all.err.isEmpty, "\(all.err)")
  }

  @Test("a daemon whose terminal is closed ends in order, unless nohup is to keep it")
  func hangUp() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    // By the words of 0.1.0, which stay.
    for (command, line) in [("work", "\"working\""), ("schedule", "scheduler is ready")] {
      let daemon = try await Daemon(command, url: database.url)
      try await daemon.untilLogged(line)
      daemon.signal(SIGHUP)
      #expect(await daemon.wait() == 0)
    }
    signal(SIGHUP, SIG_IGN)
    defer { signal(SIGHUP, SIG_DFL) }
    let kept = try await Daemon("worker", url: database.url)
    try await kept.untilLogged("\"working\"")
    kept.signal(SIGHUP)
    try await kept.untilBeaten(2, connection)
    #expect(kept.isRunning)
    #expect(await kept.stop() == 0)
  }

  @Test("a worker goes on when nobody reads its log any more")
  func brokenLog() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let reader = try await ChildProcess.start(
      ["sh", "-c", "{ \(Installed.program) worker 2>&1; echo $? >&2; } | head -n 1"],
      environment: Installed.quiet.merging(["DATABASE_URL": database.url]) { $1 })
    try await connection.until("SELECT count(*) = 1 FROM twinmill.workers")
    for _ in 1...3 {
      let job: Int64 = try await connection.value("SELECT job_id FROM twinmill.enqueue('probe')")
      #expect(try await connection.value("SELECT twinmill.wait(\(job), '20 min')", as: String.self) == "completed")
    }
    let process: Int32 = try await connection.value("SELECT pid FROM twinmill.workers")
    kill(process, SIGTERM)
    _ = await reader.wait()
    #expect(try await connection.value("SELECT count(*) FROM twinmill.workers", as: Int64.self) == 0)
  }

  @Test("a worker on a database without the schema ends with status 78 and says what to do")
  func unfit() async throws {
    let database = try await TestDatabase.create()
    let worker = try await Daemon("worker", url: database.url)
    #expect(await worker.wait() == 78)
    #expect(worker.log.contains("run: twinmill migrate up"))
  }
}

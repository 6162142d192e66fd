import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestGolden
import TestServer
import Testing

/// Harm that a login could do to others without any right of theirs.
@Suite("Trust: use", .serialized)
struct TrustUseTests {
  @Test("S5: a load refuses a view in the place of a table, and code of an application never runs as the worker")
  func view() async throws {
    let database = try await TrustStage.installed()
    let app = try await database.login("app")
    try await database.goals(of: app)
    try await database.superuser(
      "GRANT USAGE ON SCHEMA goals TO twinmill_worker; GRANT SELECT ON ALL TABLES IN SCHEMA goals TO twinmill_worker")
    let made = try await database.ask(
      """
      INSERT INTO goals.users (id) VALUES ('00000000-0000-0000-0000-000000000001');
      CREATE FUNCTION goals.spy(x uuid) RETURNS uuid LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'the spy runs as %', current_user; END $$;
      ALTER TABLE goals.goals RENAME TO goals_real;
      CREATE VIEW goals.goals AS
        SELECT goals.spy(id) AS id, user_id, title, frequency, start_date, end_date, created_at FROM goals.goals_real;
      GRANT SELECT ON goals.goals TO PUBLIC;
      INSERT INTO goals.goals_real (user_id, title) VALUES ('00000000-0000-0000-0000-000000000001', 'x');
      """, as: app)
    #expect(made.isDone, "\(made.text)")
    let worker = try await Daemon("worker", url: database.url(as: "twinmill"))
    let job = try await Installed.run(
      [
        "enqueue", "prediction", "--twin", "goals/00000000-0000-0000-0000-000000000001", "--max-attempts", "1",
        "--wait",
      ],
      url: database.url)
    // Other domains go on.
    let probe = try await Installed.run(["enqueue", "probe", "--wait"], url: database.url)
    #expect(probe.out.hasSuffix("completed\n"), "\(probe.out) \(probe.err)")
    let errors = try await database.superuser("SELECT errors FROM twinmill.all_jobs WHERE kind = 'prediction'")
    #expect(!errors.contains("spy") && !worker.log.contains("the spy runs"), "\(errors)\n\(worker.log)")
    #expect(errors.contains("goals.goals is not a table"), "\(job.out)\(job.err)\n\(errors)\n\(worker.log)")
    #expect(await worker.stop() == 0)
  }

  @Test("S5: what a load would read of an application is refused by kind, by type and by policy")
  func plain() async throws {
    let database = try await TrustStage.installed()
    let app = try await database.login("app")
    try await database.goals(of: app)
    try await database.superuser(
      "GRANT USAGE ON SCHEMA goals TO twinmill_worker; GRANT SELECT ON ALL TABLES IN SCHEMA goals TO twinmill_worker")
    let ask = "SELECT twinmill.require_plain('{goals,goals}', '{users,goals}', '{id,user_id}')"
    for (change, message) in [
      ("ALTER TABLE goals.users ADD COLUMN plan text", nil),
      ("CREATE TYPE goals.mood AS ENUM ('good'); ALTER TABLE goals.users ADD COLUMN mood goals.mood", nil),
      ("ALTER TABLE goals.users ENABLE ROW LEVEL SECURITY", "row-level security of goals.users"),
      (
        """
        ALTER TABLE goals.users DISABLE ROW LEVEL SECURITY;
        CREATE FUNCTION goals.tell(goals.mood) RETURNS json LANGUAGE sql AS $$ SELECT '1'::json $$;
        CREATE CAST (goals.mood AS json) WITH FUNCTION goals.tell(goals.mood)
        """, "column mood of goals.users has the type goals.mood"
      ),
      (
        """
        DROP CAST (goals.mood AS json); CREATE DOMAIN goals.key AS uuid;
        ALTER TABLE goals.goals ALTER COLUMN user_id TYPE goals.key
        """, "column user_id of goals.goals has the type goals.key"
      ),
    ] as [(String, String?)] {
      let changed = try await database.ask(change, as: app)
      #expect(changed.isDone, "\(changed.text)")
      let answer = try await database.ask("BEGIN READ ONLY; \(ask); ROLLBACK;", as: "twinmill")
      if let message {
        #expect(!answer.isDone && answer.text.contains(message) && answer.text.contains("HINT:"), "\(answer.text)")
      } else {
        #expect(answer.isDone, "\(change): \(answer.text)")
      }
    }
  }

  @Test("S6: a waiting job is replaced by the role that asked for it, its members and operators, and by nobody else")
  func replace() async throws {
    let database = try await TrustStage.installed()
    let first = try await database.login("first", "IN ROLE twinmill_enqueue")
    let second = try await database.login("second", "IN ROLE twinmill_enqueue")
    let operates = try await database.login("operates", "IN ROLE twinmill_operate")
    let replace = """
      SELECT outcome FROM twinmill.enqueue(
        'sweep', unique_key => 'a', run_at => '9999-01-01', if_waiting => 'replace')
      """
    try await database.ask(replace, as: first)
    let refused = try await database.ask(replace, as: second)
    #expect(!refused.isDone && refused.text.contains("42501") && refused.text.contains("GRANT \(first) TO \(second);"))
    let many = try await database.ask(
      """
      SELECT outcome, message FROM twinmill.enqueue_many('[{"kind": "sweep"},
        {"kind": "sweep", "unique_key": "a", "if_waiting": "replace"}]')
      """, as: second)
    #expect(
      many.text.contains("inserted|\nrefused|") && many.text.contains("asked for by role \(first)"), "\(many.text)")
    #expect(
      try await database.superuser("SELECT requested_by FROM twinmill.jobs WHERE unique_key = 'a'") == "\(first)\n")
    for role in [first, operates] {
      #expect(try await database.ask(replace, as: role).text == "replaced\n")
      try await database.superuser("UPDATE twinmill.live_jobs SET requested_by = '\(first)' WHERE unique_key = 'a'")
    }
    try await database.superuser("GRANT \(first) TO \(second)")
    #expect(try await database.ask(replace, as: second).text == "replaced\n")
  }

  @Test("S6: the keys of recompute and of schedules cannot be taken, and a twin cannot be parked")
  func reserved() async throws {
    let database = try await TrustStage.installed()
    let enqueues = try await database.login("enqueues", "IN ROLE twinmill_enqueue")
    let twin = try await database.ask("SELECT twinmill.twin('sensor', 't')", as: enqueues).text.split(separator: "\n")[
      0]
    for key in ["twinmill:recompute:\(twin)", "twinmill:schedule:s:2026-01-01T00:00:00Z"] {
      let one = try await database.ask(
        "SELECT twinmill.enqueue('prediction', '\(twin)', unique_key => '\(key)', run_at => '9999-01-01')", as: enqueues
      )
      #expect(!one.isDone && one.text.contains("22023") && one.text.contains("HINT:"), "\(one.text)")
      for call in [
        "enqueue_many('[{\"kind\": \"probe\", \"unique_key\": \"\(key)\"}]')",
        "enqueue_all(ARRAY[twinmill.request('probe', unique_key => '\(key)')])",
        "enqueue_documents(ARRAY['{\"kind\": \"probe\", \"unique_key\": \"\(key)\"}'::jsonb])",
      ] {
        let many = try await database.ask("SELECT outcome FROM twinmill.\(call)", as: enqueues)
        #expect(many.text == "refused\n", "\(call): \(many.text)")
      }
    }
    // As it was done: the twin's own id as the key.
    let parked = try await database.ask(
      "SELECT outcome FROM twinmill.enqueue('prediction', '\(twin)', unique_key => '\(twin)', run_at => '9999-01-01')",
      as: enqueues)
    #expect(parked.text == "inserted\n")
    let outcomes = "SELECT DISTINCT outcome FROM twinmill.recompute('\(twin)')"
    #expect(try await database.ask(outcomes, as: enqueues).text == "inserted\n")
    #expect(try await database.ask(outcomes, as: enqueues).text == "merged\n")
  }

  @Test("S7: advisory locks of a login without any right stop neither upkeep, nor limited queues, nor a migration")
  func squatting() async throws {
    let database = try await TrustStage.installed()
    let plain = try await database.login("plain")
    let squatter = try await Connection.open(
      ConnectionSettings(url: database.url(as: plain), applicationName: "squatter"))
    try await squatter.script(
      """
      SELECT pg_advisory_lock(hashtext('twinmill.tend')), pg_advisory_lock(hashtext('twinmill.maintain_history')),
        pg_advisory_lock(hashtext('twinmill.maintain_waiting')),
        pg_advisory_lock(hashtextextended('twinmill.queue default', 0)),
        pg_advisory_lock_shared(hashtextextended('twinmill.wake', 0)), pg_advisory_lock(8391162102014077036),
        pg_advisory_lock(hashtextextended('twinmill.schema.goals', 0))
      """)
    // No row that a session takes turns at can be locked by others than the daemons.
    for role in [plain, try await database.login("operates", "IN ROLE twinmill_operate")] {
      for lock in [
        "SELECT FROM twinmill.turns FOR UPDATE", "SELECT FROM twinmill.turns FOR KEY SHARE",
        "SELECT FROM twinmill.queue_settings FOR SHARE", "LOCK TABLE twinmill.migrations IN ROW EXCLUSIVE MODE",
        "LOCK TABLE twinmill.created_objects IN ROW EXCLUSIVE MODE",
      ] {
        let answer = try await database.ask("BEGIN; \(lock); ROLLBACK;", as: role)
        #expect(!answer.isDone && answer.text.contains("42501"), "\(role): \(lock): \(answer.text)")
      }
    }
    try await database.superuser(
      """
      SELECT twinmill.limit_queue('default', running => 2);
      SELECT twinmill.enqueue('probe', queue => 'elsewhere', deadline => clock_timestamp() + interval '50 ms');
      DROP TABLE twinmill.job_history_\(try await database.superuser("SELECT to_char(current_date + 3, 'YYYYMMDD')").prefix(8));
      """)
    let worker = try await Daemon(
      "worker", url: database.url(as: "twinmill"),
      environment: Daemon.quick.merging(["TWINMILL_QUEUES": "default"]) { $1 })
    let probe = try await Installed.run(["enqueue", "probe", "--wait"], url: database.url)
    #expect(probe.out.hasSuffix("completed\n"), "\(probe.out) \(probe.err) \(worker.log)")
    let connection = try await database.connect()
    try await connection.until("SELECT count(*) = 1 FROM twinmill.job_history WHERE state = 'discarded'")
    try await connection.until(
      "SELECT to_regclass('twinmill.job_history_' || to_char(current_date + 3, 'YYYYMMDD')) IS NOT NULL")
    await connection.close()
    #expect(try await Installed.run(["migrate", "up"], url: database.url).out == "up to date\n")
    let prepared = try await Installed.run(["domains", "prepare", "goals"], url: database.url)
    #expect(prepared.status == 0, "\(prepared.err)")
    #expect(await worker.stop() == 0)
    await squatter.close()
  }

  @Test("S8: a configuration file that is no YAML is refused by its place, and none of its text is shown")
  func configuration() async throws {
    let file = "/tmp/twinmill-test-\(UUID().uuidString).yaml"
    defer { unlink(file) }
    for text in [
      "database: {url: postgresql://pwd:C4nary@h", "database:\n  url: \"postgresql://pwd:C4nary@h\n", "a: b: C4nary",
      "url: *C4nary", "\tC4nary: 1", "- C4nary\n- {C4nary: [1, {a: C4nary}]}", "database: {url: [C4nary, {C4nary: 1}]}",
      "url: C4nary\nurl: C4nary", "url: !!binary C4nary", "url: !C4nary {a: 1}", "%C4nary\n---\na: 1",
      "? [C4nary]\n: C4nary",
    ] {
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      for command in [["jobs"], ["enqueue", "probe"], ["migrate", "status"]] {
        let output = try await Installed.run(
          command, url: "postgresql:///nowhere?host=/nowhere", environment: ["TWINMILL_CONFIG": file])
        #expect(output.status != 0)
        #expect(!(output.err + output.out).contains("C4nary"), "\(text): \(output.err)")
      }
    }
    try "database: {url: postgresql://pwd:C4nary@h".write(toFile: file, atomically: true, encoding: .utf8)
    let output = try await Installed.run(["jobs"], environment: ["TWINMILL_CONFIG": file])
    #expect(output.status == 78 && output.err.contains("TWINMILL_CONFIG=\(file): line "), "\(output.err)")
  }

  @Test("S8: a password shows in no log, error, command line, view of sessions, table or core file")
  func canary() async throws {
    let database = try await TrustStage.installed()
    let canary = "C4nary\(UInt32.random(in: 1...UInt32.max))"
    func secret(_ login: String) -> String {
      database.url(as: login).replacing("\(login)@", with: "\(login):\(canary)@")
    }
    let environment = Daemon.quick.merging(["TWINMILL_LOG_LEVEL": "trace"]) { $1 }
    let worker = try await Daemon("worker", url: secret("twinmill"), environment: environment)
    let scheduler = try await Daemon("scheduler", url: secret("twinmill"), environment: environment)
    var outputs: [String] = []
    for arguments in [
      ["migrate", "up"], ["enqueue", "probe", "--wait"], ["enqueue", "sweep", "--wait"], ["jobs"], ["domains"],
      ["enqueue", "probe", "--arguments", "{\"fail\": \"x\"}", "--wait"], ["enqueue", "nokind"],
      ["domains", "prepare", "goals"],
    ] {
      let output = try await Installed.run(
        arguments, url: secret("postgres"), environment: ["TWINMILL_LOG_LEVEL": "trace"])
      outputs.append(output.out + output.err)
    }
    for url in [
      "postgresql://nobody:\(canary)@/x?host=/nowhere", "postgresql://u:\(canary)@localhost:1/x",
      "postgresql://u:\(canary)@[x",
      "postgresql://u:\(canary)@h:port/x", secret("nobody_here"), "postgres://u:\(canary)@/x?sslmode=\(1)",
    ] {
      for arguments in [["jobs"], ["migrate", "status"]] {
        let output = try await Installed.run(arguments, url: url, environment: ["TWINMILL_LOG_LEVEL": "trace"])
        #expect(output.status != 0)
        outputs.append(output.out + output.err)
      }
    }
    let cmdlines = [worker.id, scheduler.id].map {
      String(decoding: FileManager.default.contents(atPath: "/proc/\($0)/cmdline") ?? Data(), as: UTF8.self)
    }
    #expect(cmdlines.allSatisfy { $0.contains("twinmill") })
    let sessions = try await database.superuser("SELECT a::text FROM pg_stat_activity a")
    #expect(sessions.contains("twinmill worker"))
    #expect(await worker.stop() == 0)
    #expect(await scheduler.stop() == 0)
    let tables = try await ChildProcess.run(["pg_dump", "-d", database.url])
    #expect(tables.status == 0 && tables.out.contains("COPY twinmill.job_history"))
    let serverLog = String(
      decoding: FileManager.default.contents(atPath: "\(database.server.folder)/server.log") ?? Data(), as: UTF8.self)
    for text in outputs + cmdlines + [sessions, worker.log, scheduler.log, tables.out, serverLog] {
      let line = text.split(separator: "\n").first { $0.contains(canary) }
      #expect(line == nil)
    }
    for unit in ["worker", "scheduler"] {
      let path = "\(Golden.repository)/Deploy/systemd/twinmill-\(unit).service"
      #expect(try String(contentsOfFile: path, encoding: .utf8).contains("\nLimitCORE=0\n"))
    }
  }
}

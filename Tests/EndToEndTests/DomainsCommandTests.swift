import FoundationEssentials
import Postgres
import TestServer
import Testing

@Suite("Kinds of twin from the command line")
struct DomainsCommandTests {
  @Test("prepare takes an application's tables where they are, makes twins, and a worker reads them there")
  func prepare() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    try await connection.script(
      """
      CREATE TABLE users (user_id text PRIMARY KEY);
      CREATE TABLE tasks (user_id text, completed bool, created_at timestamptz, updated_at timestamptz);
      CREATE TABLE messages (user_id text, conversation_id int, role text, created_at timestamptz);
      INSERT INTO users VALUES ('ann');
      INSERT INTO tasks SELECT 'ann', n % 3 > 0, now() - n * interval '7 hours', now() - n * interval '5 hours'
      FROM generate_series(1, 200) n
      """)
    let elsewhere: [String: String?] = ["TWINMILL_DOMAIN_SCHEMAS": "goals=theirs, tasks=public"]
    let prepared = try await Installed.run(["domains", "prepare", "tasks"], url: database.url, environment: elsewhere)
    #expect(
      prepared.out == "tasks is ready (public.users, public.tasks, public.messages); 1 new twins\n", "\(prepared.err)")
    let again = try await Installed.run(
      ["domains", "prepare", "tasks", "--json"], url: database.url, environment: elsewhere)
    #expect(again.out == "{\"domain\":\"tasks\",\"schema\":\"public\",\"registered\":0}\n")
    let list = try await Installed.run(["domains"], url: database.url, environment: elsewhere)
    #expect(
      list.out.contains("goals         0      theirs.users ") && list.out.contains("tasks         1      public.users ")
    )
    let refused = try await Installed.run(["domains", "prepare", "plumbing"], url: database.url)
    #expect(refused.status == 1)
    #expect(
      refused.err
        == "twinmill: plumbing: unknown; known: skincare, reactor, goals, propositions, tasks, sensor\n")
    let malformed = try await Installed.run(
      ["domains"], url: database.url, environment: ["TWINMILL_DOMAIN_SCHEMAS": "goals"])
    #expect(malformed.status == 78 && malformed.err.contains("TWINMILL_DOMAIN_SCHEMAS: must be pairs DOMAIN=SCHEMA"))

    let worker = try await Daemon("worker", url: database.url, environment: Daemon.quick.merging(elsewhere) { $1 })
    let job: Int64 = try await connection.value(
      "SELECT job_id FROM twinmill.enqueue('prediction', twin => twinmill.twin('tasks', 'ann'))")
    let end: String = try await connection.value("SELECT twinmill.wait(\(job), '20 min')")
    #expect(end == "completed")
    #expect(try await connection.value("SELECT count(DISTINCT metric) FROM twinmill.latest_predictions") == Int64(4))
    #expect(await worker.stop() == 0)
    let forecast = try await Installed.run(
      ["forecast", "--twin", "tasks/ann", "--horizon", "2"], url: database.url, environment: elsewhere)
    #expect(forecast.out.split(separator: "\n").count == 9, "\(forecast.err)")
  }
}

import Domains
import FoundationEssentials
import Postgres
import Queue
import TestServer
import Testing
import Twins

@Suite("twin(), register_twins(), recompute(), freshness")
struct TwinFunctionTests {
  @Test("twin gives a subject one id, however many ask at once")
  func onceOnly() async throws {
    let database = try await TwinsDatabase.create()
    let ids = try await withThrowingTaskGroup(of: [UUID].self) { group in
      for _ in 0..<4 {
        group.addTask {
          let connection = try await database.connect()
          var ids: [UUID] = []
          for number in 0..<25 {
            ids.append(try await connection.value("SELECT twinmill.twin('sensor', \("s\(number)"))"))
          }
          return ids
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(ids).count == 1)
    #expect(Set(ids[0]).count == 25)
  }

  @Test(
    "twin refuses what can name no twin, with a remedy",
    arguments: [
      ("SELECT twinmill.twin('Skin care', '1')", "22023", "'Skin care' is not a domain name"),
      ("SELECT twinmill.twin('skincar', '1')", "22023", "unknown domain \"skincar\""),
      ("SELECT twinmill.twin('skincare', '  ')", "22023", "a twin needs a subject"),
      ("SELECT twinmill.twin('skincare', NULL)", "22023", "a twin needs a subject"),
      ("SELECT twinmill.twin('sensor', repeat('x', 501))", "22023", "subject must have at most 500 characters"),
      ("SELECT twinmill.twin(NULL, '1')", "22023", "NULL is not a domain name"),
      ("SELECT twinmill.register_twins('nonesuch')", "22023", "unknown domain \"nonesuch\""),
      ("SELECT * FROM twinmill.recompute('00000000-0000-0000-0000-00000000dead')", "23503", "there is no twin"),
      ("SELECT * FROM twinmill.recompute(NULL)", "23503", "there is no twin NULL"),
    ])
  func refused(statement: String, sqlstate: String, message: String) async throws {
    let database = try await TwinsDatabase.create()
    let answer = try await database.psql(statement)
    #expect(answer.status != 0)
    #expect(
      answer.err.contains(sqlstate) && answer.err.contains(message) && answer.err.contains("HINT:"), "\(answer.err)")
  }

  @Test("on an application's table that requires a user, twin says to go through the application")
  func applicationOwned() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(TwinsDatabase.application)
    _ = try await Migrator(TwinsDatabase.modules).up(connection)
    let error = try await connection.refusal("SELECT twinmill.twin('skincare', '77')")
    #expect(error?.sqlstate == "23502")
    #expect(error?.message.contains("requires user_id") == true)
    #expect(error?.hint?.contains("twinmill.register_twins('skincare')") == true)
  }

  @Test("register_twins ties each user's first twin to the user, marks it, and can be run again")
  func register() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(TwinsDatabase.application)
    _ = try await Migrator(TwinsDatabase.modules).up(connection)
    let catalog = try Domains.catalog()
    let skincare = try #require(catalog["skincare"])
    #expect(try await catalog.registerTwins(of: skincare, on: connection) == 3)
    #expect(try await catalog.registerTwins(of: skincare, on: connection) == 0)
    let subjects = try await connection.query("SELECT subject FROM user_digital_twins ORDER BY id")
      .map { try $0.get("subject", as: String.self) }
    #expect(subjects == ["1", "1/00000000-0000-0000-0000-000000000002", "2"])
    #expect(try await connection.value("SELECT count(DISTINCT twin_id) FROM twinmill.twin_changes") == Int64(3))
    let found: UUID = try await connection.value("SELECT twinmill.twin('skincare', '2')")
    #expect(found.uuidString == "00000000-0000-0000-0000-000000000003")
  }

  @Test("recompute asks for every kind that is recomputed on change, and merges with what waits")
  func recompute() async throws {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let twin: UUID = try await connection.value("SELECT twinmill.twin('sensor', 'a')")
    func ask() async throws -> [String] {
      try await connection.query("SELECT kind || ' ' || outcome AS line FROM twinmill.recompute(\(twin))")
        .map { try $0.get("line", as: String.self) }
    }
    #expect(try await ask() == ["insight inserted", "prediction inserted"])
    #expect(try await ask() == ["insight merged", "prediction merged"])
  }

  @Test("freshness goes from never to fresh to stale, and back to fresh when a job found nothing new")
  func freshness() async throws {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let twin = try await connection.skincareTwin("1", snapshots: [#"{"texture_score": 1}"#])
    func state() async throws -> String {
      try await connection.value("SELECT state FROM twinmill.freshness WHERE twin_id = \(twin) AND kind = 'prediction'")
    }
    #expect(try await state() == "never")
    try await connection.script("DELETE FROM twinmill.twin_changes")
    _ = try await connection.query(
      """
      INSERT INTO twinmill.results VALUES (\(twin), 'prediction', 'hash', '1', 1, 1, now(), now())
      """)
    #expect(try await state() == "fresh")
    _ = try await connection.query("UPDATE twin_snapshots SET lifestyle_data = '{}' WHERE twin_id = \(twin)")
    #expect(try await state() == "stale")

    // The sweep took the mark; its job has not run yet.
    try await connection.script("DELETE FROM twinmill.twin_changes")
    _ = try await connection.query(
      "INSERT INTO twinmill.twin_sweeps VALUES (\(twin), 'prediction', now(), clock_timestamp(), 7)")
    #expect(try await state() == "stale")
    // The job looked and found its input unchanged: no result is written, history says so.
    _ = try await connection.query(
      """
      INSERT INTO twinmill.job_history (job_id, state, kind, queue, twin_id, priority, attempt, max_attempts, crashes,
        arguments, result, errors, enqueued_at, run_at, started_at, finished_at, requested_by)
      VALUES (7, 'completed', 'prediction', 'default', \(twin), 0, 1, 5, 0, '{}', 'unchanged', '[]', now(), now(),
        clock_timestamp(), clock_timestamp(), 'tests')
      """)
    #expect(try await state() == "fresh")
    let since = try await connection.query("SELECT dirty_since FROM twinmill.freshness WHERE kind = 'prediction'")
    #expect(try since.only().get("dirty_since", as: Date?.self) == nil)
  }
}

import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Enqueue", .dropsDatabases)
struct EnqueueTests: DatabaseSuite {
  @Test("a job is ready at once, or scheduled for later", .queueDatabase)
  func states() async throws {
    _ = try await connection.query("SELECT twinmill.enqueue('probe')")
    _ = try await connection.query("SELECT twinmill.enqueue('probe', run_at => now() + interval '1 hour')")
    let states = try await connection.query("SELECT state::text, max_attempts FROM twinmill.jobs ORDER BY job_id")
    #expect(try states[0].decode(String.self, Int16.self) == ("ready", Int16(5)))
    #expect(try states[1].decode(String.self, Int16.self) == ("scheduled", Int16(5)))
  }

  @Test("a job exists if and only if the caller's transaction commits", .queueDatabase)
  func transactional() async throws {
    try await connection.script("BEGIN; SELECT twinmill.enqueue('probe'); ROLLBACK")
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs") == Int64(0))
    try await connection.script("BEGIN; SELECT twinmill.enqueue('probe'); COMMIT")
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs") == Int64(1))
  }

  @Test("the same key among unfinished jobs is merged and names the other job", .queueDatabase)
  func unique() async throws {
    let first = try await connection.query("SELECT * FROM twinmill.enqueue('probe', unique_key => 'a')")[0]
      .decode(Int64.self, String.self)
    let second = try await connection.query("SELECT * FROM twinmill.enqueue('probe', unique_key => 'a')")[0]
      .decode(Int64.self, String.self)
    let otherKind = try await connection.query("SELECT * FROM twinmill.enqueue('other', unique_key => 'a')")[0]
      .decode(Int64.self, String.self)
    #expect(first.1 == "inserted")
    #expect(second == (first.0, "merged"))
    #expect(otherKind.1 == "inserted")
    _ = try await connection.query("SELECT twinmill.cancel(\(first.0))")
    let third = try await connection.query("SELECT * FROM twinmill.enqueue('probe', unique_key => 'a')")[0]
      .decode(Int64.self, String.self)
    #expect(third.1 == "inserted" && third.0 != first.0)
  }

  @Test("many at once on one key make one job")
  func uniqueUnderConcurrency() async throws {
    let database = try await QueueDatabase.create()
    let outcomes = try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<6 {
        group.addTask {
          let connection = try await database.connect()
          var outcomes: [String] = []
          for key in 0..<50 {
            outcomes.append(
              try await connection.value("SELECT outcome FROM twinmill.enqueue('probe', unique_key => \(String(key)))"))
          }
          return outcomes
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(outcomes.filter { $0 == "inserted" }.count == 50)
    #expect(outcomes.filter { $0 == "merged" }.count == 250)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let call: String
    let state: String
    let message: String
    let hint: String
    var testDescription: String { call }
  }

  @Test(
    "what can never run is refused with message, hint and SQLSTATE, and nothing is inserted", .queueDatabase,
    arguments: [
      Refusal(
        call: "'prob'", state: "22023", message: "unknown kind 'prob'",
        hint: "Known kinds: about_twin, other, probe."),
      Refusal(
        call: "NULL", state: "22023", message: "unknown kind NULL", hint: "Known kinds: about_twin, other, probe."),
      Refusal(
        call: "'probe', arguments => '[1]'", state: "22023",
        message: "arguments of kind 'probe' must be a JSON object, not array",
        hint: "Pass for example '{\"horizon\": 30}', or leave arguments out."),
      Refusal(
        call: "'probe', arguments => '{\"cuont\": 1}'", state: "22023",
        message: "kind 'probe': arguments have no \"cuont\"; known: count, mode, name, tags",
        hint: "See the schema: SELECT jsonb_pretty(arguments_schema) FROM twinmill.kinds WHERE name = 'probe';"),
      Refusal(
        call: "'probe', arguments => '{\"count\": \"1\"}'", state: "22023",
        message: "kind 'probe': argument \"count\" must be integer, not string", hint: "See the schema"),
      Refusal(
        call: "'probe', arguments => '{\"count\": 1.5}'", state: "22023",
        message: "kind 'probe': argument \"count\" must be integer, not number", hint: "See the schema"),
      Refusal(
        call: "'probe', arguments => '{\"count\": 10}'", state: "22023",
        message: "kind 'probe': argument \"count\" must be at most 9, not 10", hint: "See the schema"),
      Refusal(
        call: "'probe', arguments => '{\"mode\": \"quick\"}'", state: "22023",
        message: "kind 'probe': argument \"mode\" must be one of [\"fast\", \"slow\"], not \"quick\"",
        hint: "See the schema"),
      Refusal(
        call: "'probe', arguments => '{\"name\": \"x\"}'", state: "22023",
        message: "kind 'probe': argument \"name\" must have at least 2 characters", hint: "See the schema"),
      Refusal(
        call: "'probe', arguments => '{\"tags\": [\"a\", 1]}'", state: "22023",
        message: "kind 'probe': argument \"tags[1]\" must be string, not number", hint: "See the schema"),
      Refusal(
        call: "'about_twin'", state: "22023", message: "kind 'about_twin' needs a twin",
        hint: "Pass twin => twinmill.twin(domain, subject)."),
      Refusal(
        call: "'probe', '00000000-0000-0000-0000-000000000002'", state: "23503",
        message: "unknown twin 00000000-0000-0000-0000-000000000002",
        hint: "twinmill.twin(domain, subject) gives the id of a twin and creates it when it is new."),
      Refusal(
        call: "'probe', priority => 40000", state: "22023",
        message: "priority must be between -32768 and 32767, not 40000", hint: "Lower runs first; 0 is the default."),
      Refusal(
        call: "'probe', run_at => 'infinity'", state: "22023", message: "run_at must be a moment, not infinity",
        hint: "Leave it out for now; to hold a job back, let it depend on another, or pause a queue of its own."),
      Refusal(
        call: "'probe', run_at => '-infinity'", state: "22023", message: "run_at must be a moment, not -infinity",
        hint: "Leave it out for now"),
      Refusal(
        call: "'probe', max_attempts => 0", state: "22023",
        message: "max_attempts must be between 1 and 1000, not 0", hint: "Leave it out for the kind's own 5."),
      Refusal(
        call: "'probe', queue => 'a b'", state: "22023", message: "bad queue name 'a b'",
        hint: "Use 1 to 63 letters, digits, dots, dashes or underscores."),
      Refusal(
        call: "'probe', unique_key => ''", state: "22023", message: "unique_key must have 1 to 200 characters, not 0",
        hint: "Use a short name of what must not run twice at once, or leave it out."),
      Refusal(
        call: "'probe', arguments => '{\"name\": \"\\u0000\"}'", state: "22P05",
        message: "unsupported Unicode escape sequence", hint: ""),
      Refusal(
        call: "'probe', arguments => '{'", state: "22P02", message: "invalid input syntax for type json", hint: ""),
    ])
  func refuses(_ refusal: Refusal) async throws {
    let result = try await database.psql("\\set VERBOSITY verbose\nSELECT twinmill.enqueue(\(refusal.call));")
    #expect(result.status != 0)
    #expect(result.err.contains("\(refusal.state): \(refusal.message)"), "\(result.err)")
    #expect(refusal.hint.isEmpty || result.err.contains("HINT:  \(refusal.hint)"), "\(result.err)")
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs") == Int64(0))
  }

  @Test("many jobs at once: each row says what became of it, a refused one stops no other", .queueDatabase)
  func many() async throws {
    let rows = try await connection.query(
      """
      SELECT number, job_id IS NOT NULL, outcome, message FROM twinmill.enqueue_many(
        '[{"kind": "probe", "unique_key": "a"}, {"kind": "nope"}, {"kind": "probe", "unique_key": "a"}, 7,
          {"kind": "probe", "prio": 1}, {"kind": "probe", "twin": "x"}, {"kind": "probe", "run_at": "2100-01-01"}]')
      """)
    let results = try rows.map { try $0.decode(Int64.self, Bool.self, String.self, String?.self) }
    #expect(results.map(\.2) == ["inserted", "refused", "merged", "refused", "refused", "refused", "inserted"])
    #expect(results.map(\.1) == [true, false, true, false, false, false, true])
    #expect(results[1].3 == "unknown kind 'nope'. Known kinds: about_twin, other, probe.")
    #expect(results[4].3?.hasPrefix("a job has no \"prio\"") == true)
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs") == Int64(2))
  }

  @Test("listeners hear of a ready job once per transaction, and not of one for later")
  func notifies() async throws {
    let database = try await QueueDatabase.create()
    let listening = try await database.connect()
    let notifications = listening.notifications()
    try await listening.script("LISTEN twinmill_jobs")
    let connection = try await database.connect()
    _ = try await connection.query(
      "SELECT twinmill.enqueue('probe', run_at => now() + interval '1 hour', queue => 'l')")
    try await connection.enqueueProbes(10)
    _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'last')")
    var heard: [String] = []
    for await notification in notifications {
      heard.append(notification.payload)
      if notification.payload == "last" { break }
    }
    #expect(heard == ["default", "last"])
  }
}

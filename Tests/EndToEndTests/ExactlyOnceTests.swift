import Glibc
import Postgres
import TestServer
import Testing

@Suite("Exactly once")
struct ExactlyOnceTests {
  static let moments = ["claimed", "loaded", "computed", "stored", "committed"]

  /// Jobs whose effects are not exactly their rows, once each, by their last attempt.
  private func violations(_ connection: Connection) async throws -> Int64 {
    try await connection.value(
      """
      SELECT count(*) FROM twinmill.job_history h
      LEFT JOIN LATERAL (
        SELECT count(*) AS rows, count(DISTINCT n) AS numbers, min(attempt) AS first, max(attempt) AS last
        FROM twinmill.probe_writes e WHERE e.job_id = h.job_id
      ) AS e ON true
      WHERE h.state <> 'completed' OR e.rows <> (h.arguments ->> 'rows')::bigint OR e.rows <> e.numbers
         OR e.first <> h.attempt OR e.last <> h.attempt
      """)
  }

  private func enqueue(_ count: Int32, _ connection: Connection) async throws {
    _ = try await connection.query(
      """
      SELECT twinmill.enqueue('probe', arguments => jsonb_build_object('rows', 1 + n % 4))
      FROM generate_series(1, \(count)) AS n
      """)
  }

  @Test("a worker killed at any moment leaves each job with exactly its rows, by its last attempt", arguments: moments)
  func killed(at moment: String) async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    try await enqueue(12, connection)
    let environment = Daemon.quick.merging(["TWINMILL_FAILPOINT": moment]) { $1 }
    let victim = try await Daemon("worker", url: database.url, environment: environment)
    try await victim.untilStopped()
    await victim.kill()
    let survivor = try await Daemon("worker", url: database.url)
    try await survivor.untilLogged("working")
    try await connection.until("SELECT count(*) = 12 FROM twinmill.job_history")
    #expect(try await violations(connection) == 0)
    #expect(try await connection.value("SELECT count(*) FROM twinmill.jobs", as: Int64.self) == 0)
    let crashes = try await connection.value("SELECT max(crashes)::integer FROM twinmill.job_history", as: Int32.self)
    #expect(crashes == (moment == "committed" ? 0 : 1))
    #expect(await survivor.stop() == 0)
  }

  @Test(
    "a worker stopped beyond its lease cannot write when it goes on; that is logged once",
    arguments: ["computed", "stored"])
  func zombie(at moment: String) async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    try await enqueue(12, connection)
    let environment = Daemon.mortal.merging(["TWINMILL_FAILPOINT": moment]) { $1 }
    let zombie = try await Daemon("worker", url: database.url, environment: environment)
    try await zombie.untilStopped()
    let other = try await Daemon("worker", url: database.url)
    try await connection.until("SELECT count(*) = 12 FROM twinmill.job_history")
    zombie.signal(SIGCONT)
    #expect(await zombie.wait() == 75)
    #expect(zombie.lines(with: "results refused").count == 1, "\(zombie.log)")
    #expect(try await violations(connection) == 0)
    let winners = try await connection.value(
      "SELECT count(DISTINCT claimed_by) FROM twinmill.job_history WHERE attempt = 2", as: Int64.self)
    #expect(winners == 1)
    #expect(await other.stop() == 0)
  }

  @Test("a job that kills its worker is set apart at the second crash and discarded at the third; others complete")
  func poison() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    try await enqueue(5, connection)
    let poison: Int64 = try await connection.value(
      "SELECT job_id FROM twinmill.enqueue('probe', arguments => '{\"crash\": true, \"rows\": 1}')")
    for _ in 1...3 {
      let worker = try await Daemon("worker", url: database.url)
      #expect(await worker.wait() == 128 + SIGKILL)
    }
    let survivor = try await Daemon("worker", url: database.url)
    #expect(try await connection.value("SELECT twinmill.wait(\(poison))", as: String.self) == "discarded")
    try await connection.until("SELECT count(*) = 0 FROM twinmill.jobs WHERE kind = 'probe'")
    let completed = try await connection.value(
      "SELECT count(*) FROM twinmill.job_history WHERE state = 'completed' AND kind = 'probe'", as: Int64.self)
    #expect(completed == 5)
    #expect(
      try await connection.value("SELECT count(*) FROM twinmill.probe_writes WHERE job_id = \(poison)") == Int64(0))
    #expect(await survivor.stop() == 0)
  }
}

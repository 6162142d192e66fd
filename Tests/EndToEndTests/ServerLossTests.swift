import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("Server loss", .dropsDatabases)
struct ServerLossTests {
  @Test(
    "after a server restart under load the daemons go on, and nothing that was acknowledged is lost or done twice",
    arguments: [PrivateServer.Shutdown.fast, .immediate])
  func restart(_ shutdown: PrivateServer.Shutdown) async throws {
    let server = try await TestServer.own(durability: .full)
    let database = try await Installed.migrated(on: server)
    let connection = try await database.connect()
    // Measures the time that this machine takes now from the start of a worker to the end of its first job.
    let first: Int64 = try await connection.value("SELECT job_id FROM twinmill.enqueue('probe')")
    let starting = ContinuousClock.now
    let worker = try await Daemon("worker", url: database.url, environment: [:])
    try await connection.until("SELECT count(*) = 1 FROM twinmill.job_history WHERE job_id = \(first)")
    let start = ContinuousClock.now - starting
    let scheduler = try await Daemon("scheduler", url: database.url, environment: [:])

    // Acknowledged enqueues only; the producer stops with its connection.
    let producer = Task {
      var acknowledged: [Int64] = []
      let producing = try await database.connect()
      do {
        while !Task.isCancelled {
          acknowledged.append(
            try await producing.value(
              "SELECT job_id FROM twinmill.enqueue('probe', arguments => '{\"rows\": 1, \"sleep_ms\": 2}')"))
        }
      } catch is PostgresError {
        // The server went away under it.
      }
      return acknowledged
    }
    try await connection.until("SELECT count(*) > 200 FROM twinmill.job_history")
    try await server.restart(shutdown)
    let accepting = ContinuousClock.now
    let acknowledged = try await producer.value

    let again = try await database.connect()
    let job: Int64 = try await again.value("SELECT job_id FROM twinmill.enqueue('probe', arguments => '{\"rows\": 1}')")
    // The bound: work flows again after the longest pause between two tries to connect (1 s), and what it takes a
    // worker to start; whatever waited before.
    try await again.until("SELECT count(*) = 1 FROM twinmill.job_history WHERE job_id = \(job)")
    let recovery = ContinuousClock.now - accepting
    #expect(recovery < .seconds(2) + start * 3, "\(recovery) after a start in \(start)")
    try await again.until("SELECT count(*) = 0 FROM twinmill.jobs WHERE kind = 'probe'")
    #expect(worker.isRunning)
    #expect(scheduler.isRunning)
    #expect(acknowledged.count > 200)
    let wrong: Int64 = try await again.value(
      """
      SELECT count(*) FROM unnest(\(acknowledged + [job])) AS a(id)
      LEFT JOIN twinmill.job_history h ON h.job_id = a.id AND h.state = 'completed'
      LEFT JOIN LATERAL (
        SELECT count(*) AS rows, max(attempt) AS attempt FROM twinmill.probe_writes e WHERE e.job_id = a.id
      ) AS e ON true
      WHERE h.job_id IS NULL OR e.rows <> 1 OR e.attempt <> h.attempt
      """)
    #expect(wrong == 0)
    #expect(await worker.stop() == 0)
    #expect(await scheduler.stop() == 0)
    await server.stop()
  }
}

import FoundationEssentials
import Glibc
import Postgres
import TestServer
import Testing

/// Workers die and stand still while jobs flow; an outside producer writes down what it was told, and `twinmill verify`
/// judges every job.
@Suite("Faults")
struct FaultTests {
  /// Small batches, so that a crash takes few jobs with it.
  private static let settings: [String: String?] = ["TWINMILL_BATCH_LIMIT": "20", "TWINMILL_LOG_LEVEL": "warning"]

  private func worker(_ database: TestDatabase, stoppingAt moment: String? = nil) async throws -> Daemon {
    let settings = Self.settings.merging(["TWINMILL_FAILPOINT": moment]) { $1 }
    return try await Daemon("worker", url: database.url, environment: Daemon.quick.merging(settings) { $1 })
  }

  /// A worker that has stopped itself at a moment.
  private func victim(_ moment: String, _ database: TestDatabase) async throws -> Daemon {
    let victim = try await worker(database, stoppingAt: moment)
    try await victim.untilStopped()
    return victim
  }

  /// The same with a short lease. One that is declared dead before its moment comes is followed by another.
  private func zombie(_ moment: String, _ database: TestDatabase) async throws -> Daemon {
    let settings = Self.settings.merging(["TWINMILL_FAILPOINT": moment]) { $1 }
    while true {
      let zombie = try await Daemon("worker", url: database.url, environment: Daemon.mortal.merging(settings) { $1 })
      do {
        try await zombie.untilStopped()
        return zombie
      } catch let error as Installed.Failed {
        guard await zombie.wait() == 75 else { throw error }
      }
    }
  }

  @Test("killed, and stopped beyond the lease, at every moment under a flow of jobs: verify proves every job")
  func moments() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    _ = try await connection.query("SELECT twinmill.limit_queue('limited', running => 3, running_per_key => 1)")
    let survivor = try await worker(database)
    let producer = try await Producer(database)
    let producing = Task { try await producer.produceUntilStopped() }

    for moment in ["claimed", "loaded", "computed", "finishing", "fenced", "stored", "committed"] {
      await (try victim(moment, database)).kill()
    }
    let saved = "/tmp/twinmill-test-\(UUID().uuidString).csv"
    defer { unlink(saved) }
    let midway = try await Installed.run(
      ["verify", "--limit", "limited=3", "--key-limit", "limited=1", "--save", saved], url: database.url)
    #expect(midway.status == 0, "\(midway.out)\(midway.err)")
    for moment in ["computed", "finishing", "stored"] {
      let zombie = try await zombie(moment, database)
      try await connection.until("SELECT NOT EXISTS (SELECT FROM twinmill.workers WHERE pid = \(zombie.id))")
      zombie.signal(SIGCONT)
      #expect(await zombie.wait() == 75)
    }

    await producer.stop()
    let inserted = try await producing.value
    try await connection.until("SELECT count(*) = 0 FROM twinmill.live_jobs WHERE kind = 'probe'")
    let end = try await Installed.verify(
      database, producer, "--drained", "--since", saved, "--limits-as-set")
    #expect(end.status == 0, "\(end.out)\(end.err)\(survivor.log)")
    #expect(inserted > 100)
    #expect(await survivor.stop() == 0)
  }

  @Test(
    "5,000 jobs of 100 ms, ten kills: none lost, none done twice",
    .enabled(if: ProcessInfo.processInfo.environment["TWINMILL_ALL"] == "1"))
  func soak() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    // Default lease and heartbeat; batches so small that the jobs last for all kills.
    let settings: [String: String?] = ["TWINMILL_BATCH_LIMIT": "8", "TWINMILL_CONCURRENCY": "1"]
    var workers = [
      try await Daemon("worker", url: database.url, environment: settings),
      try await Daemon("worker", url: database.url, environment: settings),
    ]
    let producer = try await Producer(database)
    let producing = Task {
      for _ in 1...5000 { try await producer.enqueue("{\"rows\": 3, \"sleep_ms\": 100}") }
    }
    for kill in 1...10 {
      try await connection.until("SELECT count(*) >= \(Int64(kill * 400)) FROM twinmill.job_history")
      await workers.removeFirst().kill()
      workers.append(try await Daemon("worker", url: database.url, environment: settings))
    }
    try await producing.value
    try await connection.until("SELECT count(*) = 0 FROM twinmill.live_jobs WHERE kind = 'probe'")
    let verdict = try await Installed.verify(database, producer, "--drained")
    #expect(verdict.status == 0, "\(verdict.out)\(verdict.err)")
    #expect(verdict.out.contains("5000 jobs, 5000 final"))
    let crashes = try await connection.value(
      "SELECT count(*) FROM twinmill.job_history WHERE crashes > 0", as: Int64.self)
    #expect(crashes >= 10)
    for worker in workers { #expect(await worker.stop() == 0) }
    print("soak\n\(verdict.out)\(crashes) jobs ran again after a kill")
  }
}

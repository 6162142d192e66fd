import Glibc
import Postgres
import TestServer
import Testing

/// A checker that has never refuted anything proves nothing: each of these interleavings leaves the honest program
/// proven, and refutes the same program with one safeguard taken out.
@Suite("verify refutes mutants", .dropsDatabases)
struct MutantTests {
  /// Quick heartbeats; a lease that outlasts the test, so that only the dead are declared dead.
  private static let longLease = oneBatch.merging(["TWINMILL_LEASE_SECONDS": "3600"]) { $1 }
  /// No second claim is on its way to the server when the process is stopped.
  private static let oneBatch = Daemon.quick.merging(["TWINMILL_CONCURRENCY": "1"]) { $1 }

  private struct Stage {
    let database: TestDatabase
    let connection: Connection
    let producer: Producer
    /// nil: the honest program.
    let mutant: String?

    init(_ mutant: String?, jobs: Int) async throws {
      database = try await Installed.migrated()
      connection = try await database.connect()
      producer = try await Producer(database)
      self.mutant = mutant
      for _ in 1...jobs { try await producer.enqueue() }
    }

    func worker(stoppingAt moment: String? = nil, _ environment: [String: String?] = oneBatch) async throws
      -> Daemon
    {
      let more: [String: String?] = ["TWINMILL_FAILPOINT": moment, "TWINMILL_TEST_MUTANT": mutant]
      let worker = try await Daemon("worker", url: database.url, environment: environment.merging(more) { $1 })
      if moment == nil { try await worker.untilLogged("working") }
      return worker
    }

    /// Returns when so many jobs are final.
    func untilFinal(_ jobs: Int) async throws {
      try await connection.until("SELECT count(*) >= \(Int64(jobs)) FROM twinmill.job_history WHERE kind = 'probe'")
    }

    /// Proven without the mutation; refuted by exactly this check, among others perhaps, with it.
    func judge(refuting check: String) async throws {
      let text = try await Installed.verify(database, producer, "--drained")
      let json = try await Installed.verify(database, producer, "--drained", "--json")
      #expect(text.status == json.status)
      if let mutant {
        #expect(text.status == 1, "\(mutant)\n\(text.out)\(text.err)")
        #expect(text.out.hasSuffix("refuted\n"))
        #expect(json.out.contains("\"check\":\"\(check)\",\"verdict\":\"refuted\""), "\(text.out)")
      } else {
        #expect(text.status == 0, "\(text.out)\(text.err)")
        #expect(text.out.hasSuffix("proven\n"))
      }
    }
  }

  @Test("a worker that goes on after its jobs were rescued and done", arguments: [nil, "no_fence"])
  func lateWrite(_ mutant: String?) async throws {
    let stage = try await Stage(mutant, jobs: 4)
    let zombie = try await stage.worker(stoppingAt: "finishing")
    try await zombie.untilStopped()
    try await zombie.endLease(stage.connection)
    let other = try await stage.worker()
    try await stage.untilFinal(4)
    // The zombie sends its results before its heartbeat can learn that it has been declared dead.
    try await stage.connection.script("BEGIN; LOCK TABLE twinmill.workers IN EXCLUSIVE MODE")
    zombie.signal(SIGCONT)
    try await zombie.untilLogged(mutant == nil ? "results refused" : "job completed")
    try await stage.connection.script("COMMIT")
    #expect(await zombie.wait() == 75)
    #expect(await other.stop() == 0)
    try await stage.judge(refuting: "writes")
  }

  @Test("a worker that dies between the end of its jobs and their effects", arguments: [nil, "commit_before_effects"])
  func death(_ mutant: String?) async throws {
    let stage = try await Stage(mutant, jobs: 4)
    let victim = try await stage.worker(stoppingAt: "fenced")
    try await victim.untilStopped()
    await victim.kill()
    let survivor = try await stage.worker()
    try await stage.untilFinal(4)
    #expect(await survivor.stop() == 0, "\(survivor.log)")
    try await stage.judge(refuting: "writes")
  }

  @Test("a rescuer that is late: the jobs have been rescued and claimed again", arguments: [nil, "rescue_by_id"])
  func lateRescue(_ mutant: String?) async throws {
    let stage = try await Stage(mutant, jobs: 1)
    let dead = try await stage.worker(stoppingAt: "claimed", Self.longLease)
    try await dead.untilStopped()
    await dead.kill()
    let late = try await stage.worker(stoppingAt: "rescuing", Self.longLease)
    try await late.untilStopped()
    let second = try await stage.worker(stoppingAt: "computed", Self.longLease)
    try await second.untilStopped()
    let claims = try await stage.connection.value("SELECT count(*) FROM twinmill.claims", as: Int64.self)
    #expect(claims == 1)
    late.signal(SIGCONT)
    if mutant == nil {
      // Its rescue has come back empty once it looks at the heartbeats again.
      try await late.untilBeaten(5, stage.connection)
    } else {
      try await stage.untilFinal(1)
    }
    second.signal(SIGCONT)
    try await stage.untilFinal(1)
    #expect(await second.stop() == 0)
    #expect(await late.stop() == 0)
    try await stage.judge(refuting: "attempts")
  }

  @Test(
    "a claim that the server lost with its last commits, so that its attempt is issued twice",
    arguments: [nil, "no_token"])
  func lostClaim(_ mutant: String?) async throws {
    let stage = try await Stage(mutant, jobs: 3)
    let first = try await stage.worker(stoppingAt: "computed", Self.longLease)
    try await first.untilStopped()
    // Claims are not durable: this is the effect of a failover that loses the claim's commit.
    _ = try await stage.connection.query("DELETE FROM twinmill.claims")
    let second = try await stage.worker(stoppingAt: "computed", Self.longLease)
    try await second.untilStopped()
    first.signal(SIGCONT)
    try await first.untilLogged(mutant == nil ? "results refused" : "job completed")
    second.signal(SIGCONT)
    try await stage.untilFinal(3)
    #expect(await second.stop() == 0)
    #expect(await first.stop() == 0)
    try await stage.judge(refuting: "writes")
  }

  @Test("a mutant says so; an unknown one is refused")
  func loud() async throws {
    let database = try await Installed.migrated()
    let mutant = try await Daemon(
      "worker", url: database.url, environment: Daemon.quick.merging(["TWINMILL_TEST_MUTANT": "no_fence"]) { $1 })
    try await mutant.untilLogged("TWINMILL_TEST_MUTANT is set")
    #expect(await mutant.stop() == 0)
    let unknown = try await Installed.run(
      ["worker"], url: database.url, environment: ["TWINMILL_TEST_MUTANT": "no_worry"])
    #expect(unknown.status == 78)
  }
}

import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

/// A clock that a test sets forward and back, of one process and its children, by libfaketime. Monotonic clocks go on as
/// they do when somebody sets a machine's clock.
struct FakeClock {
  private static let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
  private let file: String

  /// Whether the library is there.
  static var isAvailable: Bool { access(library, R_OK) == 0 }

  init() throws {
    file = "/tmp/twinmill-test-clock-\(UUID().uuidString)"
    try set("+0")
    chmod(file, 0o644)
  }

  /// For the process whose clock this is.
  var environment: [String: String] {
    [
      "LD_PRELOAD": Self.library, "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1",
      "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DISABLE_SHM": "1",
    ]
  }

  /// The clock is set, by so much from the true time.
  /// - Parameter offset: such as `+10m`.
  func set(_ offset: String) throws {
    try "\(offset)\n".write(toFile: file, atomically: true, encoding: .utf8)
    chmod(file, 0o644)
  }

  func remove() { unlink(file) }
}

/// A worker's clock is not among them: a Swift program finds no arguments under the library.
@Suite(
  "Faults of clocks", .dropsDatabases,
  .enabled(if: ProcessInfo.processInfo.environment["TWINMILL_ALL"] == "1" && FakeClock.isAvailable))
struct ClockFaultTests {
  @Test("F25: the server's clock is set ten minutes ahead, then back: no effect is doubled, no instant lost or doubled")
  func server() async throws {
    let clock = try FakeClock()
    let server = try await TestServer.own(durability: .full, environment: clock.environment)
    let stage = try await FaultStage(try await Installed.migrated(on: server))
    let scheduler = try await Daemon("scheduler", url: stage.database.url)
    _ = try await stage.connection.query(
      "SELECT twinmill.schedule('minutely', '* * * * *', 'probe', catch_up => 'all', catch_up_limit => 100)")
    for offset in ["+10m", "+0", "+20m"] {
      try clock.set(offset)
      try await stage.untilEnded(200)
      for worker in stage.workers where worker.isRunning { try await worker.untilBeaten(5, stage.connection) }
    }
    try await stage.connection.until(
      "SELECT count(*) >= 10 FROM twinmill.schedule_ticks WHERE schedule = 'minutely'")
    // Each minute between the first and the last has its one row, and each job that was made an instant of its own.
    let gaps = try await stage.connection.value(
      """
      SELECT (extract(epoch FROM max(planned_at) - min(planned_at)) / 60 + 1 - count(*))::bigint
      FROM twinmill.schedule_ticks WHERE schedule = 'minutely'
      """, as: Int64.self)
    #expect(gaps == 0)
    let doubled = try await stage.connection.value(
      "SELECT count(*) - count(DISTINCT tick) FROM twinmill.all_jobs WHERE schedule = 'minutely'", as: Int64.self)
    #expect(doubled == 0)
    _ = try await stage.connection.query("SELECT twinmill.unschedule('minutely')")
    #expect(await scheduler.stop() == 0)
    let recovery = try await stage.recovery()
    try await stage.judge("25, server's clock", recovery: recovery, mayBeLost: true)
    await server.stop()
    clock.remove()
  }
}

import FoundationEssentials
import Postgres
import PostgresServer
import TestServer
import Testing

/// The program of another version, if somebody has built one.
private let otherProgram = ProcessInfo.processInfo.environment["TWINMILL_OTHER_PROGRAM"]

/// Two builds of the program at work on one database.
///
/// `TWINMILL_OTHER_PROGRAM` names the program of the version before, built from its tag:
/// `git worktree add ../before 0.2.0 && swift build --package-path ../before`.
@Suite("Faults of upgrades", .enabled(if: otherProgram != nil), .dropsDatabases)
struct UpgradeFaultTests {
  @Test("F29: the version before migrates and works; this one migrates under load, and both work side by side")
  func sideBySide() async throws {
    let before = try #require(otherProgram)
    let database = try await TestDatabase.create()
    let environment = Installed.quiet.merging(["DATABASE_URL": database.url]) { $1 }
    let made = try await ChildProcess.run([before, "migrate", "up"], environment: environment)
    try #require(made.status == 0, "\(made.err)")
    let old = try await Daemon("worker", url: database.url, environment: FaultStage.settings, program: before)
    try await old.untilLogged("working")
    let stage = try await FaultStage(database, workers: 0)
    try await stage.untilEnded(200)
    let migrated = try await Installed.run(["migrate", "up"], url: database.url)
    #expect(migrated.status == 0, "\(migrated.err)")
    // The old worker goes on alone, then beside a new one, then the new one alone.
    try await stage.untilEnded(200)
    let new = try await Daemon("worker", url: database.url, environment: FaultStage.settings)
    try await new.untilLogged("working")
    try await stage.untilEnded(200)
    #expect(old.lines(with: "\"level\":\"error\"").filter { !$0.contains("on purpose") }.isEmpty)
    #expect(await old.stop() == 0, "\(old.log.suffix(3000))")
    let recovery = try await stage.recovery()
    try await stage.judge("29, two versions side by side", recovery: recovery)
    #expect(await new.stop() == 0)
  }
}

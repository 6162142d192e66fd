import Glibc
import Postgres
import Queue
import TestServer
import Testing

@testable import Worker

@Suite("Stopping without a server", .workerDatabase, .timeLimit(.minutes(30)))
struct StoppingTests: DatabaseSuite {
  @Test("an idle worker stops although its server does not answer its claim any more")
  func hungServer() async throws {
    var patient = database.settings
    patient.options.roundTripDeadline = .seconds(3600)
    patient.options.cancelGrace = .milliseconds(500)
    let worker = try RunningWorker(database, KindRunner(TestKind()), connections: patient) {
      $0.claimPatience = .milliseconds(10)
    }
    try await connection.until("SELECT count(*) = 1 FROM twinmill.workers")
    // Only claims read the lanes.
    try await connection.script("BEGIN; LOCK TABLE twinmill.lanes IN ACCESS EXCLUSIVE MODE")
    let server = try await connection.processWaitingForLock()
    kill(server, SIGSTOP)
    try await worker.stop()
    kill(server, SIGCONT)
    try await connection.script("ROLLBACK")
    #expect(try await connection.query("SELECT FROM twinmill.workers").isEmpty)
  }

  @Test("a worker that connects to a server that does not answer stops when it is asked to")
  func silentServer() async throws {
    let silent = try SilentServer()
    defer { silent.close() }
    let worker = try RunningWorker(
      database, KindRunner(TestKind()),
      connections: ConnectionSettings(
        url: "postgres://postgres@127.0.0.1:\(silent.port)/x?connect_timeout=3600",
        options: .init(openDeadline: .seconds(3600))))
    try await silent.accepted()
    try await worker.stop()
  }

  @Test("a worker that waits for its database stops when it is asked to")
  func stopsWhileWaiting() async throws {
    let server = try await TestServer.own()
    let gone = try await TestDatabase.create(on: server)
    await server.stop()
    let worker = try RunningWorker(gone, KindRunner(TestKind()))
    try await worker.stop()
  }
}

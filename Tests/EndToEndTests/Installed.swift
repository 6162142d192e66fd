import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer

/// The built program, run as a user would run it.
enum Installed {
  /// The program's file: beside the test bundle.
  static let program: String = {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    let bundle = String(decoding: buffer[..<max(0, length)], as: UTF8.self)
    return bundle.prefix { _ in true }.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/") + "/twinmill"
  }()

  /// Runs `twinmill` to its end.
  static func run(
    _ arguments: [String], url: String? = nil, environment: [String: String?] = [:]
  ) async throws -> ChildProcess.Output {
    try await ChildProcess.run(
      [program] + arguments,
      environment: quiet.merging(["DATABASE_URL": url]) { $1 }.merging(environment) { $1 })
  }

  /// A database with all migrations, made by the program itself.
  static func migrated(on server: PrivateServer? = nil) async throws -> TestDatabase {
    let database = try await TestDatabase.create(on: server)
    let output = try await run(["migrate", "up"], url: database.url)
    guard output.status == 0 else { throw Failed(output.err) }
    return database
  }

  /// Nothing of the surroundings' settings.
  static let quiet: [String: String?] = [
    "TWINMILL_CONFIG": nil, "TWINMILL_QUEUES": nil, "NOTIFY_SOCKET": nil, "CREDENTIALS_DIRECTORY": nil, "LC_ALL": "C",
  ]

  struct Failed: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }
}

/// A daemon of the built program, with its log in a file.
final class Daemon: Sendable {
  private let child: ChildProcess
  private let logFile: String

  /// Quick heartbeats, so that a test sees in fractions of a second what takes seconds in production; a lease that no
  /// busy machine outlasts, so that nobody is declared dead whose process lives, except by `endLease`.
  static let quick: [String: String?] = [
    "TWINMILL_HEARTBEAT_SECONDS": "0.1", "TWINMILL_LEASE_SECONDS": "60", "TWINMILL_POLL_SECONDS": "0.1",
  ]

  /// A worker that is to outlast its lease by its own clock, too, or in a transaction, which may stand still as long as
  /// a lease; or that holds no lock, so that only its lease tells of its death. Beside others it may be declared dead
  /// while it runs, on a busy machine.
  static let mortal = quick.merging(["TWINMILL_LEASE_SECONDS": "2"]) { $1 }

  /// - Parameter program: another build than the one that is tested.
  init(
    _ command: String, url: String, environment: [String: String?] = quick, program: String = Installed.program
  ) async throws {
    logFile = "/tmp/twinmill-test-\(UUID().uuidString).log"
    let log = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(log) }
    child = try await ChildProcess.start(
      [program, command],
      environment: Installed.quiet.merging(["DATABASE_URL": url]) { $1 }.merging(environment) { $1 }, output: log,
      error: log)
  }

  deinit {
    child.signal(SIGKILL)
    unlink(logFile)
  }

  /// Its log so far.
  var log: String {
    FileManager.default.contents(atPath: logFile).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// The log's lines that hold a text.
  func lines(with text: String) -> [Substring] {
    log.split(separator: "\n").filter { $0.contains(text) }
  }

  var isRunning: Bool { child.isRunning }

  /// The process id, as PostgreSQL's integer.
  var id: Int32 { child.id }

  func signal(_ number: Int32) { child.signal(number) }

  func wait() async -> Int32 { await child.wait() }

  /// SIGTERM, and the exit status.
  func stop() async -> Int32 {
    child.signal(SIGTERM)
    return await child.wait()
  }

  /// SIGKILL.
  func kill() async {
    child.signal(SIGKILL)
    _ = await child.wait()
  }

  /// The server's part of the lease of a worker that stands still ends now: the others may declare it dead.
  func endLease(_ connection: Connection) async throws {
    _ = try await connection.query(
      "UPDATE twinmill.workers SET lease_until = clock_timestamp() WHERE pid = \(child.id)")
  }

  /// Returns when a line of the log holds a text.
  func untilLogged(_ text: String) async throws {
    while lines(with: text).isEmpty {
      guard child.isRunning else { throw Installed.Failed("the daemon ended: \(log)") }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Returns when the worker's heartbeat has been heard so many times from now on.
  func untilBeaten(_ times: Int, _ clock: Connection) async throws {
    let beat = "SELECT coalesce(max(heartbeats), 0) FROM twinmill.workers WHERE pid = "
    let now = try await clock.value(SQL(stringLiteral: beat + "\(child.id)"), as: Int64.self)
    try await clock.until(SQL(stringLiteral: "SELECT (\(beat)\(child.id)) >= \(now + Int64(times))"))
  }

  /// Returns when the process has stopped itself (SIGSTOP) at a test moment.
  func untilStopped() async throws {
    while true {
      let stat = FileManager.default.contents(atPath: "/proc/\(child.id)/stat") ?? Data()
      // The state is the field after the parenthesized name.
      let state = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first
      if state == "T" { return }
      guard child.isRunning else { throw Installed.Failed("the worker ended: \(log)") }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}

import Files
import FoundationEssentials
import Glibc
import Postgres
import PostgresServer

/// The processes of a demo: a PostgreSQL server, a worker and a scheduler, which outlive the command that started them.
struct DemoStage {
  let folder: String

  /// A running server.
  struct Server {
    let url: String
    let version: String
  }

  // MARK: - Start

  /// Starts the server in the folder, which is made at the first time, with a new database `twinmill`.
  func startServer() async throws -> Server {
    let server = try await PrivateServer.start(in: folder, diesWithParent: false)
    if let process = await server.processID { try record("server", process) }
    let connection = try await Connection.open(ConnectionSettings(url: server.url(), applicationName: "twinmill demo"))
    try await connection.script("DROP DATABASE IF EXISTS twinmill WITH (FORCE)")
    try await connection.script("CREATE DATABASE twinmill")
    let version: String = try await connection.query("SHOW server_version")[0].decode(String.self)
    await connection.close()
    return Server(url: server.url(database: "twinmill"), version: String(version.prefix { $0 != " " }))
  }

  /// Starts worker and scheduler from this same program.
  /// - Returns: a check that throws, with the end of its log, when one of them has ended.
  func startDaemons(_ url: String) async throws -> () throws -> Void {
    var daemons: [(name: String, process: ChildProcess)] = []
    for name in ["worker", "scheduler"] {
      let log = open("\(folder)/\(name).log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard log >= 0 else {
        throw CommandFailure("cannot write \(folder)/\(name).log: \(String(cString: strerror(errno)))")
      }
      defer { close(log) }
      let child = try await ChildProcess.start(
        [ThisProgram.file, name], environment: ThisProgram.withoutSettings.merging(["DATABASE_URL": url]) { $1 },
        output: log,
        error: log)
      try record(name, child.id)
      daemons.append((name, child))
    }
    return { [folder, daemons] in
      for daemon in daemons where !daemon.process.isRunning {
        let log = FileManager.default.contents(atPath: "\(folder)/\(daemon.name).log") ?? Data()
        let last = String(decoding: log, as: UTF8.self).split(separator: "\n").last ?? ""
        throw CommandFailure("the \(daemon.name) has ended: \(last)")
      }
    }
  }

  /// Runs one statement in the real psql.
  func psql(_ url: String, _ statement: String) async throws -> String {
    let output = try await ChildProcess.run(["psql", "-X", "-d", url, "-c", statement], environment: ["PAGER": "cat"])
    guard output.status == 0 else { throw CommandFailure("psql: \(output.err)") }
    return output.out
  }

  // MARK: - Stop

  /// Ends what an earlier demo in this folder left running, daemons first.
  func stopEverything() async throws {
    for (name, signal) in [("worker", SIGTERM), ("scheduler", SIGTERM), ("server", SIGINT)] {
      let file = "\(folder)/\(name).pid"
      guard let text = try? String(contentsOfFile: file, encoding: .utf8), let process = pid_t(text),
        isOurs(process, name)
      else { continue }
      kill(process, signal)
      // A worker lets its jobs end for a minute (TWINMILL_DRAIN_SECONDS), and then has something left to do.
      let deadline = ContinuousClock.now + .seconds(240)
      while kill(process, 0) == 0 {
        guard ContinuousClock.now < deadline else {
          throw CommandFailure("the demo's \(name) (process \(process)) does not stop; see \(folder)/\(name).log")
        }
        try await Task.sleep(for: .milliseconds(50))
      }
      unlink(file)
    }
  }

  private func record(_ name: String, _ process: pid_t) throws {
    do {
      try String(process).write(toFile: "\(folder)/\(name).pid", atomically: true, encoding: .utf8)
    } catch {
      throw CommandFailure("cannot write \(folder)/\(name).pid: \(error)")
    }
  }

  /// Whether a process id from a file still is what it was: ids are used again.
  private func isOurs(_ process: pid_t, _ name: String) -> Bool {
    guard let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
    let words = command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return switch name {
    case "server": words.contains("\(folder)/data")
    // The second word is that of a demo of 0.1.0.
    case "worker": words.contains("worker") || words.contains("work")
    default: words.contains("scheduler") || words.contains("schedule")
    }
  }
}

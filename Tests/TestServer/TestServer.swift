import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import Synchronization

/// The PostgreSQL servers of a test run: one for all tests of the process, and servers of one's own for tests that stop
/// or kill theirs.
public enum TestServer {
  /// Folders of servers that this process has to remove when it ends.
  static let folders = Mutex<[String]>([])
  private static let folderPrefix = "twinmill-tests-"

  /// The server that all tests share, started by the first who asks.
  public static var shared: PrivateServer {
    get async throws { try await starting.value }
  }

  private static let starting = Task {
    try await launch(durability: .none, settings: ["max_connections": "400"])
  }

  /// A server of one's own, for tests that restart or kill it. Stop it at the end.
  public static func own(
    durability: PrivateServer.Durability = .none, settings: [String: String] = [:], tcp: PrivateServer.TCP? = nil,
    environment: [String: String] = [:]
  ) async throws -> PrivateServer {
    try await launch(durability: durability, settings: settings, tcp: tcp, environment: environment)
  }

  private static func launch(
    durability: PrivateServer.Durability, settings: [String: String], tcp: PrivateServer.TCP? = nil,
    environment: [String: String] = [:]
  ) async throws -> PrivateServer {
    _ = cleaning
    let folder = "/tmp/\(folderPrefix)\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    folders.withLock { $0.append(folder) }
    let defaults = [
      "shared_buffers": "64MB", "max_wal_size": "4GB", "autovacuum_naptime": "1h", "log_min_messages": "warning",
      "jit": "off",
    ]
    return try await PrivateServer.start(
      in: folder, durability: durability, settings: defaults.merging(settings) { _, new in new }, tcp: tcp,
      environment: environment)
  }

  /// Removes what earlier processes left that were killed, and sees to it that this one leaves nothing.
  private static let cleaning: Void = {
    let manager = FileManager.default
    do {
      for name in try manager.contentsOfDirectory(atPath: "/tmp") where name.hasPrefix(folderPrefix) {
        let process = name.dropFirst(folderPrefix.count).prefix { $0 != "-" }
        guard let id = pid_t(process), kill(id, 0) != 0, errno == ESRCH else { continue }
        remove("/tmp/\(name)")
      }
    } catch {
      print("cannot look for folders of earlier test runs: \(error)")
    }
    atexit {
      // Servers first: they would write into their folders again.
      for folder in TestServer.folders.withLock({ $0 }) {
        TestServer.end(serverIn: folder)
        TestServer.remove(folder)
      }
    }
  }()

  /// Ends the server of a folder at once, and waits for it.
  private static func end(serverIn folder: String) {
    guard let data = FileManager.default.contents(atPath: "\(folder)/data/postmaster.pid"),
      let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first, let id = pid_t(line), id > 1
    else { return }
    kill(id, SIGQUIT)
    // Its own thread waits for it and may be gone already: ask until the process is no more, 5 s at most.
    for _ in 0..<500 where kill(id, 0) == 0 { usleep(10_000) }
  }

  private static func remove(_ folder: String) {
    do {
      if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
    } catch {
      print("cannot remove \(folder): \(error)")
    }
  }
}

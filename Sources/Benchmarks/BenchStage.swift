import Files
import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import Worker

/// Where a benchmark happens: a database, a folder for files, and the settings that its workers run under.
package final class BenchStage: Sendable {
  /// The database.
  let url: String
  /// The server is this run's own: tables may be truncated, the server's settings changed.
  let isPrivate: Bool
  /// For logs and files.
  let folder: String
  /// Schema of the twin tables.
  let twinsSchema: String
  /// The workers' settings: the values of `TWINMILL_*`, else the defaults.
  let worker: WorkerSettings
  /// The queue that everything happens in.
  static let queue = "bench"

  private let server: PrivateServer?
  private let removesFolder: Bool

  private init(
    url: String, server: PrivateServer?, folder: String, removesFolder: Bool, worker: WorkerSettings,
    twinsSchema: String
  ) {
    self.url = url
    self.server = server
    isPrivate = server != nil
    self.folder = folder
    self.removesFolder = removesFolder
    self.worker = worker
    self.twinsSchema = twinsSchema
  }

  /// The database that the settings name, or a private server with a new one.
  /// - Throws: `CommandFailure` when the database is in use.
  package static func open(
    _ settings: BenchSettings, folder: String?, serverSettings: [String: String], force: Bool
  ) async throws -> BenchStage {
    let place = folder ?? "/var/tmp/twinmill-bench-\(getuid())-\(getpid())"
    let stage: BenchStage
    if let url = settings.url {
      guard serverSettings.isEmpty else {
        throw CommandFailure(
          "--setting is for the private server; unset DATABASE_URL, or change the settings of its server")
      }
      try makeFolder(place)
      stage = BenchStage(
        url: url, server: nil, folder: place, removesFolder: folder == nil, worker: settings.worker,
        twinsSchema: settings.twinsSchema)
    } else {
      let server = try await PrivateServer.start(in: place, settings: serverSettings)
      stage = BenchStage(
        url: server.url(database: "twinmill_bench"), server: server, folder: place, removesFolder: folder == nil,
        worker: settings.worker, twinsSchema: settings.twinsSchema)
    }
    do {
      try await stage.prepare(settings, force: force)
    } catch {
      await stage.close()
      throw error
    }
    return stage
  }

  private func prepare(_ settings: BenchSettings, force: Bool) async throws {
    #if DEBUG
      say("this is a debug build: its figures say nothing")
    #endif
    if let server {
      let administrator = try await Connection.open(
        ConnectionSettings(url: server.url(), applicationName: "twinmill bench"))
      try await administrator.script("DROP DATABASE IF EXISTS twinmill_bench WITH (FORCE)")
      try await administrator.script("CREATE DATABASE twinmill_bench")
      await administrator.close()
      try await withConnection { try await settings.migrate($0) }
    } else if !force {
      try await withConnection { try await Self.refuseInUse($0) }
    }
    try await withConnection { try await Backlog(stage: self).clear(on: $0) }
  }

  private static func refuseInUse(_ connection: Connection) async throws {
    let (jobs, workers) = try await connection.query(
      """
      SELECT (SELECT count(*) FROM twinmill.jobs), (SELECT count(*) FROM twinmill.workers WHERE lease_until > now())
      """)[0].decode(Int64.self, Int64.self)
    if jobs > 0 {
      throw CommandFailure("the queue of this database holds \(jobs) jobs; drain it first, or repeat with --force")
    }
    if workers > 0 {
      throw CommandFailure("\(workers) workers are at work on this database; stop them first, or repeat with --force")
    }
  }

  private static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CommandFailure("--folder: cannot create \(path): \(error)")
    }
  }

  /// Ends the private server and removes what was made for this run.
  package func close() async {
    if server == nil { await cleanUp() }
    await server?.stop()
    guard removesFolder else { return }
    do {
      try FileManager.default.removeItem(atPath: folder)
    } catch {
      say("cannot remove \(folder): \(error)")
    }
  }

  private func cleanUp() async {
    do {
      try await withConnection { connection in
        try await Backlog(stage: self).clear(on: connection)
        try await connection.script("DROP SCHEMA IF EXISTS twinmill_bench CASCADE")
      }
    } catch {
      say("cannot take away the benchmark's jobs: \(error)")
    }
  }

  // MARK: - For measurements

  /// Opens a connection whose statements may take their time.
  func connect(_ settings: [String: String] = [:]) async throws -> Connection {
    try await Connection.open(
      ConnectionSettings(
        url: url, applicationName: "twinmill bench",
        options: .init(roundTripDeadline: .seconds(7200), sessionSettings: settings)))
  }

  /// A connection for the time of `body`.
  func withConnection<R>(_ body: (Connection) async throws -> R) async throws -> R {
    let connection = try await connect()
    do {
      let result = try await body(connection)
      await connection.close()
      return result
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Most jobs that a worker claims at once, of probes.
  var batchLimit: Int { min(worker.batchLimit, 1000) }

  /// A line of progress.
  func say(_ text: String) {
    StandardError.write("bench: \(text)\n")
  }
}

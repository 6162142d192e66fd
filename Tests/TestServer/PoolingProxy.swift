import FoundationEssentials
import Glibc
import Postgres
import PostgresServer

/// A real PgBouncer in front of a test server. In transaction mode every transaction may be on another connection of the
/// server than the one before.
public final class PoolingProxy: Sendable {
  private let folder: String
  private let child: ChildProcess

  private init(folder: String, child: ChildProcess) {
    self.folder = folder
    self.child = child
  }

  deinit {
    child.signal(SIGKILL)
    remove("\(folder)/proxy.ini")
    rmdir(folder)
  }

  /// Starts one; it ends with this process at the latest.
  /// - Parameters:
  ///   - database: what the server is asked whether the proxy is up.
  ///   - size: connections to the server.
  ///   - mode: what it pools: sessions, transactions or statements.
  public static func start(
    for database: TestDatabase, size: Int = 8, mode: String = "transaction"
  ) async throws -> PoolingProxy {
    let folder = "/tmp/twinmill-proxy-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    mkdir(folder, 0o777)
    chmod(folder, 0o777)
    // Round robin is what makes it unkind: without it a lone client would keep its server connection.
    let settings = """
      [databases]
      * = host=\(database.server.socketFolder) port=5432 user=\(database.server.user)
      [pgbouncer]
      listen_addr =
      listen_port = 6432
      unix_socket_dir = \(folder)
      auth_type = any
      pool_mode = \(mode)
      default_pool_size = \(size)
      max_client_conn = 200
      server_round_robin = 1
      """
    try settings.write(toFile: "\(folder)/proxy.ini", atomically: false, encoding: .utf8)
    // It refuses root, as the server does; the server's own user is sure to reach the server.
    var command = ["setpriv", "--pdeathsig", "TERM"]
    if geteuid() == 0 { command += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] }
    let child = try await ChildProcess.start(
      command + ["--", "/usr/sbin/pgbouncer", "-q", "\(folder)/proxy.ini"])
    let proxy = PoolingProxy(folder: folder, child: child)
    // It tells nobody when it is ready: it has to be asked.
    while try await !proxy.isUp(database) { try await Task.sleep(for: .milliseconds(20)) }
    return proxy
  }

  private func isUp(_ database: TestDatabase) async throws(PostgresError) -> Bool {
    do {
      try await Connection.open(settings(of: database)).close()
      return true
    } catch {
      if error.kind == .connectFailed, child.isRunning { return false }
      throw error
    }
  }

  /// The URL of a database through the proxy.
  public func url(of database: TestDatabase) -> String {
    "postgres://postgres@/\(database.name)?host=\(folder)&port=6432"
  }

  /// Settings to connect with through the proxy.
  public func settings(of database: TestDatabase) -> ConnectionSettings {
    ConnectionSettings(
      url: url(of: database), applicationName: "tests", options: .init(sessionSettings: TestDatabase.asApplications))
  }

  /// Ends it at once.
  public func stop() async {
    child.signal(SIGTERM)
    _ = await child.wait()
  }
}

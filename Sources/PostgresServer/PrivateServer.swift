import CLibpq
import FoundationEssentials
import Glibc
import Postgres

/// A PostgreSQL server of one's own, from the installed binaries, in one folder, for a demo or for tests.
///
/// It listens on a Unix socket that only this user (and root) can reach, where it trusts everyone; on TCP only if asked
/// to, with a password. As root it runs the server as an unprivileged user, as PostgreSQL demands.
public actor PrivateServer {
  /// Whether what is committed survives a crash of the machine.
  public enum Durability: Sendable {
    /// The server's own defaults.
    case full
    /// No fsync: much faster, for data that may be lost with the machine. Crashes of the server alone lose nothing.
    case none
  }

  /// How to stop.
  public enum Shutdown: Sendable {
    /// Ends all sessions, then writes everything.
    case fast
    /// Like a crash: the next start recovers from the log.
    case immediate

    var signal: Int32 { self == .fast ? SIGINT : SIGQUIT }
  }

  /// A TCP listener on 127.0.0.1, for the superuser with a password.
  public struct TCP: Sendable {
    let port: Int
    let password: String
    /// - Parameters:
    ///   - port: on 127.0.0.1.
    ///   - password: of the superuser.
    public init(port: Int, password: String) {
      self.port = port
      self.password = password
    }
  }

  /// The folder that holds everything: `data`, `server.log` and, where the path is short enough, the socket.
  public nonisolated let folder: String
  /// The superuser's name.
  public nonisolated let user = "postgres"
  /// Where the binaries are.
  public nonisolated let binaries: String
  /// The folder of the socket, for `PGHOST` and `psql -h`.
  public nonisolated let socketFolder: String
  private nonisolated let account: ServerAccount?
  private nonisolated let arguments: [String]
  private nonisolated let tcp: TCP?
  private nonisolated let diesWithParent: Bool
  private nonisolated let environment: [String: String]
  private var process: ChildProcess?

  /// Creates the database cluster in `folder`, or reuses the one that is there, and starts the server.
  /// - Parameters:
  ///   - folder: is created if missing; everything stays inside, but for a socket whose path would be longer than the
  ///     107 bytes that the system allows (it goes to a folder in /tmp, which is removed at the end).
  ///   - durability: `.none` turns off fsync and the like.
  ///   - settings: server settings, over the defaults.
  ///   - tcp: also listens on 127.0.0.1.
  ///   - diesWithParent: stops the server when this process ends, however it ends.
  ///   - environment: variables of the server beside ours.
  /// - Throws: kind `configuration` with a remedy: no binaries, a folder that the server's user cannot reach, a server
  ///   that does not start (with the end of its log).
  public static func start(
    in folder: String, durability: Durability = .full, settings: [String: String] = [:], tcp: TCP? = nil,
    diesWithParent: Bool = true, environment: [String: String] = [:]
  ) async throws(PostgresError) -> PrivateServer {
    let server = try PrivateServer(
      in: folder, durability: durability, settings: settings, tcp: tcp, diesWithParent: diesWithParent,
      environment: environment)
    try await server.initialize()
    try await server.start()
    if let tcp { try await server.setPassword(tcp.password) }
    return server
  }

  private init(
    in folder: String, durability: Durability, settings: [String: String], tcp: TCP?, diesWithParent: Bool,
    environment: [String: String]
  ) throws(PostgresError) {
    let folder = Self.absolute(folder)
    self.folder = folder
    self.tcp = tcp
    self.diesWithParent = diesWithParent
    self.environment = environment
    binaries = try ServerBinaries.find()
    try Self.makeFolder(folder)
    account = geteuid() == 0 ? try ServerAccount.unprivileged() : nil
    try account?.own(folder)
    // sockaddr_un has 108 bytes with the final NUL.
    let port = tcp?.port ?? 5432
    if "\(folder)/.s.PGSQL.\(port)".utf8.count <= 107 {
      socketFolder = folder
    } else {
      var template = Array("/tmp/pg-XXXXXX".utf8CString)
      guard let path = mkdtemp(&template) else {
        throw Self.failure("cannot create a folder in /tmp for the socket: \(String(cString: strerror(errno)))")
      }
      socketFolder = String(cString: path)
      try account?.own(socketFolder)
    }
    var all = [
      "listen_addresses": tcp == nil ? "" : "127.0.0.1", "port": String(port),
      "unix_socket_directories": socketFolder, "unix_socket_permissions": "0700", "logging_collector": "off",
      "log_destination": "stderr",
    ]
    if durability == .none {
      all.merge(["fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"]) { _, new in new }
    }
    all.merge(settings) { _, new in new }
    arguments = all.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
  }

  /// The URL of a database: through the socket, as the superuser.
  public nonisolated func url(database: String = "postgres") -> String {
    let port = tcp?.port ?? 5432
    return "postgres://\(user)@/\(Self.percentEncoded(database))?host=\(Self.percentEncoded(socketFolder))&port=\(port)"
  }

  /// The postmaster's process id; nil while it is stopped.
  public var processID: Int32? { process.flatMap { $0.isRunning ? $0.id : nil } }

  /// Stops the server and waits until it has ended.
  public func stop(_ mode: Shutdown = .fast) async {
    guard let running = process else { return }
    running.signal(mode.signal)
    _ = await running.wait()
    process = nil
    if socketFolder != folder { rmdir(socketFolder) }
  }

  /// Stops the server and starts it again on the same data.
  /// - Throws: kind `configuration` if it does not start.
  public func restart(_ mode: Shutdown = .fast) async throws(PostgresError) {
    await stop(mode)
    try await start()
  }

  /// Starts a stopped server; returns when it accepts connections.
  /// - Throws: kind `configuration` if it does not start, with the end of its log.
  public func start() async throws(PostgresError) {
    if let process, process.isRunning { return }
    if socketFolder != folder {
      mkdir(socketFolder, 0o700)
      try account?.own(socketFolder)
    }
    let log = Glibc.open("\(folder)/server.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard log >= 0 else {
      throw Self.failure("cannot write \(folder)/server.log: \(String(cString: strerror(errno)))")
    }
    defer { close(log) }
    var command = ["setpriv"] + (account?.switches ?? [])
    // SIGINT is a fast shutdown.
    if diesWithParent { command += ["--pdeathsig", "INT"] }
    if command.count == 1 { command = [] } else { command.append("--") }
    // For the server alone: a library that it is to load may not be for root.
    if !environment.isEmpty {
      command += ["env"] + environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }
    let child = try await ChildProcess.start(
      command + ["\(binaries)/postgres", "-D", "\(folder)/data"] + arguments, output: log, error: log)
    process = child
    while true {
      switch PQping(url()) {
      case PQPING_OK: return
      case PQPING_NO_ATTEMPT: throw Self.failure("cannot ask for the server's state at \(socketFolder)")
      default:
        guard child.isRunning else {
          process = nil
          throw Self.failure("the server did not start", hint: "its log ends with: \(logTail())")
        }
        // The server tells nobody when it is ready: it has to be asked.
        do {
          try await Task.sleep(for: .milliseconds(20))
        } catch {
          await stop(.immediate)
          throw PostgresError(.cancelled, "the task was cancelled while the server started")
        }
      }
    }
  }

  /// Makes the cluster, if there is none.
  private func initialize() async throws(PostgresError) {
    if let account { try await account.check(folder) }
    if access("\(folder)/data/PG_VERSION", F_OK) == 0 { return }
    let prefix = account.map { ["setpriv"] + $0.switches + ["--"] } ?? []
    let result = try await ChildProcess.run(
      prefix + [
        "\(binaries)/initdb", "-D", "\(folder)/data", "-U", user, "-E", "UTF8", "--no-locale", "--no-sync",
        "--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions",
      ], environment: ["LC_ALL": "C"])
    guard result.status == 0 else {
      throw Self.failure("initdb failed in \(folder)", hint: String(result.err.suffix(500)))
    }
  }

  private func setPassword(_ password: String) async throws(PostgresError) {
    let connection = try await Connection.open(ConnectionSettings(url: url()))
    let literal = try await connection.query(
      "SELECT pg_catalog.format('ALTER ROLE %I PASSWORD %L', \(user), \(password))")
    try await connection.script(try literal.only().decode(String.self))
    await connection.close()
  }

  private func logTail() -> String {
    guard let data = FileManager.default.contents(atPath: "\(folder)/server.log") else { return "" }
    return String(decoding: data.suffix(600), as: UTF8.self)
  }

  static func failure(_ message: String, hint: String? = nil) -> PostgresError {
    PostgresError(.configuration, message, hint: hint)
  }

  private static func absolute(_ path: String) -> String {
    let whole = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    return whole.count > 1 && whole.hasSuffix("/") ? String(whole.dropLast()) : whole
  }

  private static func makeFolder(_ folder: String) throws(PostgresError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw failure("cannot create the folder \(folder)", hint: "choose a folder that this user may write to")
    }
  }

  private static func percentEncoded(_ text: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~".utf8)
    let digits = Array("0123456789ABCDEF")
    return text.utf8.reduce(into: "") { result, byte in
      if plain.contains(byte) {
        result.unicodeScalars.append(UnicodeScalar(byte))
      } else {
        result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }
}

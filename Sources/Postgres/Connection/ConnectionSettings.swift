import CLibpq
import Logging

/// Where to connect, and how a connection behaves. Never prints a password.
public struct ConnectionSettings: Sendable {
  /// A `postgres://` URI or a `key=value` string; nil leaves everything to libpq's environment (`PGHOST` …).
  public var url: String?
  /// Shown in `pg_stat_activity` unless the URL or `PGAPPNAME` names another.
  public var applicationName: String
  /// Behaviour on our side of the wire.
  public var options: Options

  /// Behaviour on our side of the wire.
  public struct Options: Sendable {
    /// How long one round trip may take before its statement is cancelled. Too short cancels honest work; too long
    /// leaves a caller waiting for a server that hangs.
    public var roundTripDeadline: Duration
    /// How long the server may take to answer a cancellation before the connection is dropped.
    public var cancelGrace: Duration
    /// How long opening a connection may take in all, over all hosts. Each address has `connect_timeout` (5 s unless
    /// the URL says otherwise); too short keeps a multi-host URL from reaching its last host.
    public var openDeadline: Duration
    /// Whether named statements are prepared; nil: unless a proxy pools connections in between, which each connection
    /// finds out when it is opened. false is always safe and costs the server a plan per statement; true behind a
    /// proxy that pools transactions fails, unless it keeps prepared statements itself.
    public var preparesStatements: Bool?
    /// Server settings for each session, such as `["statement_timeout": "60s"]`, beside those of
    /// `SessionSettings.pinned` and before them.
    public var sessionSettings: [String: String]
    /// The name of the connection's thread in `ps -L` and debuggers; the system cuts it at 15 bytes.
    public var threadName: String
    /// Where the library's messages go.
    public var logger: Logger
    /// Receives the server's notices and warnings; nil logs them at debug level.
    public var onNotice: (@Sendable (Notice) -> Void)?
    #if FAULT_INJECTION
      /// Loses connections on purpose, in tests.
      package var faults: RoundTripFaults?
    #endif

    /// The defaults, but for what is given.
    public init(
      roundTripDeadline: Duration = .seconds(30), cancelGrace: Duration = .seconds(2),
      openDeadline: Duration = .seconds(30), preparesStatements: Bool? = nil, sessionSettings: [String: String] = [:],
      threadName: String = "postgres", logger: Logger = Logger(label: "postgres"),
      onNotice: (@Sendable (Notice) -> Void)? = nil
    ) {
      self.roundTripDeadline = roundTripDeadline
      self.cancelGrace = cancelGrace
      self.openDeadline = openDeadline
      self.preparesStatements = preparesStatements
      self.sessionSettings = sessionSettings
      self.threadName = threadName
      self.logger = logger
      self.onNotice = onNotice
    }
  }

  /// Settings from a URL, or from libpq's environment without one.
  public init(url: String? = nil, applicationName: String = "twinmill", options: Options = Options()) {
    self.url = url
    self.applicationName = applicationName
    self.options = options
  }
}

extension ConnectionSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Host, port, database and user; never a password.
  public var description: String {
    do {
      let parameters = try parameters()
      return "host \(parameters["host"] ?? parameters["hostaddr"] ?? "(libpq's default)"), "
        + "port \(parameters["port"] ?? "5432"), database \(parameters["dbname"] ?? parameters["user"] ?? "(the user's)"), "
        + "user \(parameters["user"] ?? "(the system user)")"
    } catch {
      return "connection settings that cannot be read"
    }
  }
  /// The same as `description`.
  public var debugDescription: String { description }
  /// Shows no stored property: the URL may hold a password.
  public var customMirror: Mirror { Mirror(self, children: ["target": description]) }
}

extension ConnectionSettings {
  /// The options in a list of libpq's, by keyword, without those that have no value; frees the list.
  private static func collect(_ list: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
    defer { PQconninfoFree(list) }
    var values: [String: String] = [:]
    var option = list
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    return values
  }

  /// The parameters that the URL contains.
  private func explicitParameters() throws(PostgresError) -> [String: String] {
    guard let url else { return [:] }
    var problem: UnsafeMutablePointer<CChar>?
    guard let list = PQconninfoParse(url, &problem) else {
      defer { PQfreemem(problem) }
      // libpq's own message quotes the string, password and all: it stays here.
      throw PostgresError(
        .configuration, "the connection string is neither a postgres:// URI nor a list of key=value",
        hint: "write postgres://user@host:5432/database, and percent-encode special characters of the password")
    }
    return Self.collect(list)
  }

  /// The parameters known before connecting, for messages. The URL's win over those of libpq's environment and service
  /// file.
  func parameters() throws(PostgresError) -> [String: String] {
    let explicit = try explicitParameters()
    let defaults = PQconndefaults().map(Self.collect) ?? [:]
    return defaults.merging(explicit) { _, new in new }
  }

  /// The parameters for libpq: those of the URL, and our defaults where neither the URL nor the environment has a
  /// value. A service named in the URL keeps its own values: only libpq knows them.
  func connectParameters() throws(PostgresError) -> [String: String] {
    var values = try explicitParameters()
    let namesService = values["service"] != nil
    let defaults = PQconndefaults().map(Self.collect) ?? [:]
    values["fallback_application_name"] = values["fallback_application_name"] ?? applicationName
    values["client_encoding"] = "UTF8"
    if !namesService {
      let ours = [
        "connect_timeout": "5", "keepalives": "1", "keepalives_idle": "10", "keepalives_interval": "5",
        "keepalives_count": "3", "tcp_user_timeout": "15000",
      ]
      for (keyword, value) in ours where values[keyword] == nil && defaults[keyword] == nil {
        values[keyword] = value
      }
    }
    return values
  }
}

/// A notice, warning or information from the server.
public struct Notice: Sendable, Hashable {
  /// `WARNING`, `NOTICE`, `DEBUG`, `INFO` or `LOG`.
  public let severity: String
  /// The SQLSTATE.
  public let sqlstate: String
  /// The text.
  public let message: String
  /// More about it.
  public let detail: String?
  /// The server's advice.
  public let hint: String?

  /// A notice of given fields.
  public init(severity: String, sqlstate: String, message: String, detail: String? = nil, hint: String? = nil) {
    self.severity = severity
    self.sqlstate = sqlstate
    self.message = message
    self.detail = detail
    self.hint = hint
  }
}

/// A notification that NOTIFY sent.
public struct Notification: Sendable, Hashable {
  /// The channel.
  public let channel: String
  /// The payload; empty if none was given.
  public let payload: String
  /// The server process that sent it.
  public let sender: Int32
}

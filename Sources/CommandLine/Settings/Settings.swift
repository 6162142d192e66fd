import Configuration
import FoundationEssentials
import Logging
import Postgres
import SystemPackage
import Twins
import Worker

/// All settings of the program: environment first, then the YAML file that `TWINMILL_CONFIG` names.
///
/// `twinmill.lease_seconds` is `TWINMILL_LEASE_SECONDS` in the environment, and `lease_seconds` under `twinmill:` in
/// the file.
struct Settings: Sendable {
  private let reader: ConfigReader
  /// Names that are set and are no settings, each in a sentence for the log.
  let unknownKeys: [String]

  /// - Throws: `SettingsError` when the file cannot be read.
  static func load() async throws -> Settings {
    let environment = EnvironmentVariablesProvider(secretsSpecifier: .specific(["DATABASE_URL"]))
    let variables = ProcessInfo.processInfo.environment
    let unknown = unknownKeys(amongVariables: variables.keys)
    guard let path = variables[Setting.config.variable], !path.isEmpty else {
      return Settings(reader: ConfigReader(provider: environment), unknownKeys: unknown)
    }
    try checkSyntax(ofFile: path)
    let file: FileProvider<YAMLSnapshot>
    do {
      file = try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))
    } catch {
      // Not the error itself: it may quote the file, and a line of the file may hold a password.
      throw SettingsError(
        "TWINMILL_CONFIG=\(path): it holds a value that no setting can have; a setting is one text, number or true or "
          + "false. Correct the file.")
    }
    return Settings(
      reader: ConfigReader(providers: [environment, file]), unknownKeys: try unknown + unknownKeys(inFile: path))
  }

  /// Settings from these variables alone: for tests.
  init(variables: [String: String]) {
    reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
    unknownKeys = Self.unknownKeys(amongVariables: variables.keys)
  }

  private init(reader: ConfigReader, unknownKeys: [String]) {
    self.reader = reader
    self.unknownKeys = unknownKeys
  }

  // MARK: - The database

  /// For everything but listening. The URL is `DATABASE_URL`, a systemd credential named `database-url`, or nil:
  /// libpq's own variables.
  func connections(_ role: String) throws -> ConnectionSettings {
    ConnectionSettings(
      url: try databaseURL(), applicationName: "twinmill \(role)",
      options: ConnectionSettings.Options(preparesStatements: try bool(.preparedStatements)))
  }

  /// Past a transaction-pooling proxy, for LISTEN and session locks; nil: as all others. `none` is for
  /// `worker()`: no listening at all.
  func listenConnections(_ role: String) -> ConnectionSettings? {
    guard let url = string(.listenURL), url != "none" else { return nil }
    // Whether it goes through a proxy is found out: it should not.
    return ConnectionSettings(url: url, applicationName: "twinmill \(role)")
  }

  /// Schema of the twin tables.
  var twinsSchema: String { string(.twinsSchema) ?? "public" }

  /// Schema of a domain's own tables, where it is not the one that the domain says: `goals=public,tasks=todo`.
  /// - Throws: `SettingsError` for what is no list of pairs.
  func domainSchemas() throws -> [String: String] {
    var schemas: [String: String] = [:]
    for pair in (string(.domainSchemas) ?? "").split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: { $0 == " " }) }
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw malformed(.domainSchemas)
      }
      schemas[String(parts[0])] = String(parts[1])
    }
    guard !schemas.isEmpty else { return [:] }
    let known = try Build.current.catalog().domains.map(\.name)
    if let unknown = schemas.keys.filter({ !known.contains($0) }).min() {
      throw SettingsError(
        "TWINMILL_DOMAIN_SCHEMAS: unknown domain '\(unknown)'; known: \(known.joined(separator: ", "))")
    }
    return schemas
  }

  /// The kinds of twin, with their tables where the settings say.
  /// - Throws: `SettingsError`, `DomainError`.
  func catalog() throws -> DomainCatalog {
    try Build.current.catalog(twinsSchema: twinsSchema, domainSchemas: try domainSchemas())
  }

  private func databaseURL() throws -> String? {
    if let url = string(.databaseURL), !url.isEmpty { return url }
    guard let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] else { return nil }
    let path = folder + "/database-url"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
      return String(text.prefix { !$0.isNewline })
    } catch {
      throw SettingsError("credential database-url: \(error)")
    }
  }

  // MARK: - The worker

  /// - Throws: `SettingsError` naming the setting.
  func worker() throws -> WorkerSettings {
    var settings = WorkerSettings()
    if let queues = string(.queues) ?? reader.stringArray(forKey: ConfigKey(Setting.queues.key))?.joined(separator: ",")
    {
      settings.queues = try Self.queues(queues, named: Setting.queues.variable)
    }
    settings.batchLimit = try int(.batchLimit) ?? settings.batchLimit
    settings.concurrency = try int(.concurrency) ?? settings.concurrency
    settings.computeThreads = try int(.computeThreads) ?? settings.computeThreads
    settings.lease = try seconds(.leaseSeconds) ?? settings.lease
    settings.heartbeat = try seconds(.heartbeatSeconds) ?? settings.heartbeat
    settings.poll = try seconds(.pollSeconds) ?? settings.poll
    settings.listens = string(.listenURL) != "none"
    settings.drainLimit = try seconds(.drainSeconds) ?? settings.drainLimit
    if let days = try double(.retentionDays) { settings.retention = .seconds(days * 86_400) }
    return settings
  }

  /// Names separated by commas, as `twinmill.enqueue` takes them.
  static func queues(_ text: String, named name: String) throws -> [String] {
    let names = text.split(separator: ",")
    guard !names.isEmpty else { throw SettingsError("\(name): name at least one queue") }
    return try names.map { part in
      let queue = part.split(separator: " ").joined(separator: " ")
      guard (1...63).contains(queue.utf8.count),
        queue.utf8.allSatisfy({
          (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        })
      else {
        throw SettingsError("\(name): bad queue name '\(queue)'; use letters, digits, dots, dashes or underscores")
      }
      return queue
    }
  }

  /// How often the scheduler looks at the schedules.
  /// - Throws: `SettingsError`, also for what would ask without a pause.
  func schedulerPoll() throws -> Duration {
    let poll = try seconds(.pollSeconds) ?? WorkerSettings().poll
    guard poll >= .milliseconds(1) else { throw malformed(.pollSeconds, "at least 0.001") }
    return poll
  }

  /// `trace`, `debug`, `info` (default), `notice`, `warning`, `error`, `critical`.
  func logLevel() throws -> Logger.Level {
    guard let name = string(.logLevel) else { return .info }
    guard let level = Logger.Level(rawValue: name.lowercased()) else {
      throw malformed(.logLevel)
    }
    return level
  }

  // MARK: - Typed access

  private func string(_ setting: Setting) -> String? {
    reader.string(forKey: ConfigKey(setting.key)).flatMap { $0.isEmpty ? nil : $0 }
  }

  private func int(_ setting: Setting) throws -> Int? {
    if let value = reader.int(forKey: ConfigKey(setting.key)) { return value }
    return try absent(setting)
  }

  private func double(_ setting: Setting) throws -> Double? {
    if let value = reader.double(forKey: ConfigKey(setting.key)) { return value }
    if let value = reader.int(forKey: ConfigKey(setting.key)) { return Double(value) }
    return try absent(setting)
  }

  private func bool(_ setting: Setting) throws -> Bool? {
    if let value = reader.bool(forKey: ConfigKey(setting.key)) { return value }
    return try absent(setting)
  }

  private func seconds(_ setting: Setting) throws -> Duration? {
    guard let value = try double(setting) else { return nil }
    guard value.isFinite, value >= 0, value < 1e9 else { throw malformed(setting, "a number of seconds") }
    return .seconds(value)
  }

  /// nil when there is no such setting; an error when there is one that cannot be read as its type.
  private func absent<T>(_ setting: Setting) throws -> T? {
    guard string(setting) == nil, reader.double(forKey: ConfigKey(setting.key)) == nil else { throw malformed(setting) }
    return nil
  }

  /// - Parameter requirement: what the setting must be; nil: as its type says.
  private func malformed(_ setting: Setting, _ requirement: String? = nil) -> SettingsError {
    SettingsError(
      "\(setting.variable): must be \(requirement ?? setting.requirement), not '\(string(setting) ?? "")'")
  }
}

/// A setting that cannot be read.
struct SettingsError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

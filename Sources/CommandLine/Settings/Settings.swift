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
  /// What is set and means nothing, in words: for the log.
  let strays: [String]

  /// - Throws: `SettingsError` when the file cannot be read.
  static func load() async throws -> Settings {
    let environment = EnvironmentVariablesProvider(secretsSpecifier: .specific(["DATABASE_URL"]))
    let variables = ProcessInfo.processInfo.environment
    let strays = strays(amongVariables: variables.keys)
    guard let path = variables["TWINMILL_CONFIG"], !path.isEmpty else {
      return Settings(reader: ConfigReader(provider: environment), strays: strays)
    }
    do {
      let file = try await FileProvider<YAMLSnapshot>(filePath: FilePath(path))
      return Settings(
        reader: ConfigReader(providers: [environment, file]), strays: try strays + self.strays(inFile: path))
    } catch {
      throw SettingsError("TWINMILL_CONFIG=\(path): \(error) Correct the path, or unset the variable.")
    }
  }

  // MARK: - The database

  /// For everything but listening. The URL is `DATABASE_URL`, a systemd credential named `database-url`, or nil:
  /// libpq's own variables.
  func connections(_ role: String) throws -> ConnectionSettings {
    ConnectionSettings(
      url: try databaseURL(), applicationName: "twinmill \(role)",
      options: ConnectionSettings.Options(preparesStatements: try bool("twinmill.prepared_statements")))
  }

  /// Past a transaction-pooling proxy, for LISTEN and session locks; nil: as all others. `none` is for
  /// `worker()`: no listening at all.
  func listenConnections(_ role: String) -> ConnectionSettings? {
    guard let url = string("twinmill.listen_url"), url != "none" else { return nil }
    // Whether it goes through a proxy is found out: it should not.
    return ConnectionSettings(url: url, applicationName: "twinmill \(role)")
  }

  /// Schema of the twin tables.
  var twinsSchema: String { string("twinmill.twins_schema") ?? "public" }

  /// Schema of a domain's own tables, where it is not the one that the domain says: `goals=public,tasks=todo`.
  /// - Throws: `SettingsError` for what is no list of pairs.
  func domainSchemas() throws -> [String: String] {
    var schemas: [String: String] = [:]
    for pair in (string("twinmill.domain_schemas") ?? "").split(separator: ",") {
      let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingPrefix(while: { $0 == " " }) }
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw malformed("twinmill.domain_schemas", "pairs DOMAIN=SCHEMA, separated by commas")
      }
      schemas[String(parts[0])] = String(parts[1])
    }
    guard !schemas.isEmpty else { return [:] }
    let known = try Build.current.catalog().domains.map(\.name)
    if let stray = schemas.keys.filter({ !known.contains($0) }).min() {
      throw SettingsError(
        "TWINMILL_DOMAIN_SCHEMAS: unknown domain '\(stray)'; known: \(known.joined(separator: ", "))")
    }
    return schemas
  }

  /// The kinds of twin, with their tables where the settings say.
  /// - Throws: `SettingsError`, `DomainError`.
  func catalog() throws -> DomainCatalog {
    try Build.current.catalog(twinsSchema: twinsSchema, domainSchemas: try domainSchemas())
  }

  private func databaseURL() throws -> String? {
    if let url = string("database.url"), !url.isEmpty { return url }
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
    if let queues = string("twinmill.queues") ?? reader.stringArray(forKey: "twinmill.queues")?.joined(separator: ",") {
      settings.queues = try Self.queues(queues, named: "TWINMILL_QUEUES")
    }
    settings.batchLimit = try int("twinmill.batch_limit") ?? settings.batchLimit
    settings.concurrency = try int("twinmill.concurrency") ?? settings.concurrency
    settings.computeThreads = try int("twinmill.compute_threads") ?? settings.computeThreads
    settings.lease = try seconds("twinmill.lease_seconds") ?? settings.lease
    settings.heartbeat = try seconds("twinmill.heartbeat_seconds") ?? settings.heartbeat
    settings.poll = try seconds("twinmill.poll_seconds") ?? settings.poll
    settings.listens = string("twinmill.listen_url") != "none"
    settings.drainLimit = try seconds("twinmill.drain_seconds") ?? settings.drainLimit
    if let days = try double("twinmill.retention_days") { settings.retention = .seconds(days * 86_400) }
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
    let poll = try seconds("twinmill.poll_seconds") ?? .seconds(1)
    guard poll >= .milliseconds(1) else { throw malformed("twinmill.poll_seconds", "at least 0.001") }
    return poll
  }

  /// `trace`, `debug`, `info` (default), `notice`, `warning`, `error`, `critical`.
  func logLevel() throws -> Logger.Level {
    guard let name = string("twinmill.log_level") else { return .info }
    guard let level = Logger.Level(rawValue: name.lowercased()) else {
      throw malformed("twinmill.log_level", "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return level
  }

  // MARK: - Typed access

  private func string(_ key: String) -> String? {
    reader.string(forKey: ConfigKey(key)).flatMap { $0.isEmpty ? nil : $0 }
  }

  private func int(_ key: String) throws -> Int? {
    if let value = reader.int(forKey: ConfigKey(key)) { return value }
    return try absent(key, "a whole number")
  }

  private func double(_ key: String) throws -> Double? {
    if let value = reader.double(forKey: ConfigKey(key)) { return value }
    if let value = reader.int(forKey: ConfigKey(key)) { return Double(value) }
    return try absent(key, "a number")
  }

  private func bool(_ key: String) throws -> Bool? {
    if let value = reader.bool(forKey: ConfigKey(key)) { return value }
    return try absent(key, "true or false")
  }

  private func seconds(_ key: String) throws -> Duration? {
    guard let value = try double(key) else { return nil }
    guard value.isFinite, value >= 0, value < 1e9 else { throw malformed(key, "a number of seconds") }
    return .seconds(value)
  }

  /// nil when there is no such setting; an error when there is one that cannot be read as its type.
  private func absent<T>(_ key: String, _ wanted: String) throws -> T? {
    guard string(key) == nil, reader.double(forKey: ConfigKey(key)) == nil else { throw malformed(key, wanted) }
    return nil
  }

  private func malformed(_ key: String, _ wanted: String) -> SettingsError {
    let variable = key.replacing(".", with: "_").uppercased()
    return SettingsError("\(variable): must be \(wanted), not '\(string(key) ?? "")'")
  }
}

/// A setting that cannot be read.
struct SettingsError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

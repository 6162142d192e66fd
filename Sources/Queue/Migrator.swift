import FoundationEssentials
import Postgres

/// Takes a database from one version of the schema to another, step by step, each in a transaction of its own.
public struct Migrator: Sendable {
  /// How one migration stands in a database.
  public struct Status: Sendable {
    /// The step's number.
    public let number: Int
    /// The step's name.
    public let name: String
    /// nil: not applied.
    public let appliedAt: Date?
  }

  /// All steps, by number.
  public let migrations: [Migration]
  /// Schema of the twin tables; stands for `@twins@` in the steps.
  public let twinsSchema: String

  /// - Parameter twinsSchema: any name that PostgreSQL accepts; it is quoted.
  public init(_ migrations: [Migration], twinsSchema: String = "public") {
    self.migrations = migrations.sorted { $0.number < $1.number }
    self.twinsSchema = twinsSchema
  }

  /// The newest step this version knows.
  public var latest: Int { migrations.last?.number ?? 0 }

  /// Applies what is missing, up to `target` (all by default).
  /// - Returns: the steps taken, in order.
  /// - Throws: `MigrationError`, or `PostgresError` naming the statement; the steps before it stay applied.
  public func up(_ connection: Connection, to target: Int? = nil) async throws -> [Migration] {
    let applied = try await appliedNumbers(connection)
    try await check(applied, connection)
    var taken: [Migration] = []
    for migration in migrations where !applied.contains(migration.number) && migration.number <= target ?? latest {
      let isTaken = try await step(connection, migration, isApplied: false) { transaction, _ in
        try await run(migration.up, transaction)
        try await record(transaction, migration)
      }
      if isTaken { taken.append(migration) }
    }
    return taken
  }

  /// Takes back the steps above `target`, newest first. 0 removes everything that `up` added.
  /// - Returns: the steps taken back, in order.
  public func down(_ connection: Connection, to target: Int) async throws -> [Migration] {
    let applied = try await appliedNumbers(connection)
    try await check(applied, connection)
    var taken: [Migration] = []
    for migration in migrations.reversed() where applied.contains(migration.number) && migration.number > target {
      let isTaken = try await step(connection, migration, isApplied: true) { transaction, applied in
        try await run(migration.down, transaction)
        _ = try await transaction.query("DELETE FROM twinmill.migrations WHERE number = \(migration.number)")
        if applied == [migration.number] { try await transaction.script(Self.dropLedger) }
      }
      if isTaken { taken.append(migration) }
    }
    return taken
  }

  /// Every step this version knows, applied or not.
  public func status(_ connection: Connection) async throws -> [Status] {
    var times: [Int: Date] = [:]
    if try await ledgerExists(connection) {
      for row in try await connection.query("SELECT number, applied_at FROM twinmill.migrations") {
        let (number, date) = try row.decode(Int32.self, Date.self)
        times[Int(number)] = date
      }
      try checkKnown(Set(times.keys))
    }
    return migrations.map { Status(number: $0.number, name: $0.name, appliedAt: times[$0.number]) }
  }

  /// For programs that start: refuses a database whose schema is older than the program.
  /// - Throws: `MigrationError.missing`. A newer, compatible schema is fine: old workers go on while a new version
  ///   is rolled out.
  public func check(_ connection: Connection) async throws {
    let applied = try await appliedNumbers(connection)
    let missing = migrations.filter { !applied.contains($0.number) }
    guard missing.isEmpty else {
      throw MigrationError.missing(missing.map { "\($0.number) \($0.name)" })
    }
  }

  // MARK: - Steps

  private static let ledger = """
    CREATE SCHEMA IF NOT EXISTS twinmill;
    CREATE TABLE IF NOT EXISTS twinmill.migrations (
      number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
    """
  private static let dropLedger = "DROP TABLE twinmill.migrations; DROP SCHEMA twinmill;"
  /// A step may build an index on an application's large table.
  private static let patience: Duration = .seconds(6 * 3600)
  /// Two migrators at once take turns.
  private static let lockKey: Int64 = 0x7477_696e_6d69_6c6c

  /// Runs a step in a transaction of its own. The lock is the transaction's, not the session's, which a proxy may give
  /// to somebody else; so what is applied is asked again under it.
  /// - Parameter body: is given what is applied.
  /// - Returns: whether the step was there to be taken, or another migrator was quicker.
  private func step(
    _ connection: Connection, _ migration: Migration, isApplied: Bool,
    _ body: (Connection, Set<Int>) async throws -> Void
  ) async throws -> Bool {
    try await connection.transaction { transaction in
      _ = try await transaction.query("SELECT pg_advisory_xact_lock(\(Self.lockKey))", deadline: Self.patience)
      let applied = try await appliedNumbers(transaction)
      try await check(applied, transaction)
      guard applied.contains(migration.number) == isApplied else { return false }
      try await body(transaction, applied)
      return true
    }
  }

  /// A lock that others hold for 5 s stops the step, not the others.
  private func run(_ sql: String, _ transaction: Connection) async throws {
    let quoted = Statement.quotedIdentifier(twinsSchema)
    try await transaction.script("SET LOCAL lock_timeout = '5s'; SET LOCAL client_min_messages = warning;")
    try await transaction.script(sql.replacing("@twins@", with: quoted), deadline: Self.patience)
  }

  private func record(_ connection: Connection, _ migration: Migration) async throws {
    try await connection.script(Self.ledger)
    _ = try await connection.query(
      "INSERT INTO twinmill.migrations (number, name) VALUES (\(migration.number), \(migration.name))")
    if migration.number == 1 {
      _ = try await connection.query(
        "INSERT INTO twinmill.settings (name, value) VALUES ('twins_schema', to_jsonb(\(twinsSchema)::text))")
    }
  }

  private func ledgerExists(_ connection: Connection) async throws -> Bool {
    let rows = try await connection.query("SELECT to_regclass('twinmill.migrations') IS NOT NULL")
    return try rows.first?.decode(Bool.self) ?? false
  }

  private func appliedNumbers(_ connection: Connection) async throws -> Set<Int> {
    guard try await ledgerExists(connection) else { return [] }
    let rows = try await connection.query("SELECT number FROM twinmill.migrations")
    var numbers: Set<Int> = []
    for row in rows {
      let number: Int32 = try row.decode(Int32.self)
      numbers.insert(Int(number))
    }
    return numbers
  }

  private func check(_ applied: Set<Int>, _ connection: Connection) async throws {
    try checkKnown(applied)
    try await checkTwinsSchema(connection, applied: applied)
  }

  private func checkKnown(_ applied: Set<Int>) throws {
    let strange = applied.subtracting(migrations.map(\.number)).sorted()
    guard strange.isEmpty else { throw MigrationError.newer(strange) }
  }

  private func checkTwinsSchema(_ connection: Connection, applied: Set<Int>) async throws {
    guard applied.contains(1) else { return }
    let rows = try await connection.query("SELECT value #>> '{}' FROM twinmill.settings WHERE name = 'twins_schema'")
    if let recorded = try rows.first?.decode(String.self), recorded != twinsSchema {
      throw MigrationError.otherTwinsSchema(recorded: recorded, asked: twinsSchema)
    }
  }
}

/// Why a database and a version of the program do not fit.
public enum MigrationError: Error, Sendable, CustomStringConvertible {
  /// The database lacks steps that this version needs.
  case missing([String])
  /// The database has steps that this version does not know.
  case newer([Int])
  /// The twin tables live in another schema than the one asked for.
  case otherTwinsSchema(recorded: String, asked: String)

  /// What does not fit, and the remedy.
  public var description: String {
    switch self {
    case .missing(let names):
      "the database lacks \(names.count) migration\(names.count == 1 ? "" : "s") "
        + "(\(names.joined(separator: ", "))); run: twinmill migrate up"
    case .newer(let numbers):
      "the database has migrations that version \(BuildInfo.version) does not know "
        + "(\(numbers.map(String.init).joined(separator: ", "))); use the newer twinmill that applied them"
    case .otherTwinsSchema(let recorded, let asked):
      "this database keeps its twin tables in schema \"\(recorded)\", not \"\(asked)\"; "
        + "set TWINMILL_TWINS_SCHEMA=\(recorded)"
    }
  }
}

import FoundationEssentials
import Postgres

/// Takes a database from one version of the schema to another.
///
/// `up` is one transaction: pending steps of tables, then functions, views and triggers whose text has changed, then
/// pending steps of setup. Only a step that says `-- transaction: none` stands outside of it.
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

  /// The changes that `up` has made.
  public struct Changes: Sendable {
    /// The steps taken, in order.
    public internal(set) var migrations: [Migration] = []
    /// Functions, views and triggers that were made or replaced, such as `function wake`.
    public internal(set) var routines: [String] = []
  }

  /// All steps, by number.
  public let migrations: [Migration]
  /// Schema of the twin tables; stands for `@twins@` in the steps and routines.
  public let twinsSchema: String

  /// The modules of the schema, from the lowest to the highest.
  public let modules: [SchemaModule]
  /// Schema and name of tables of applications that the program reads.
  private let inputs: [(schema: String, name: String)]
  let version: String
  let routines: RoutineSet
  /// How long another migrator may keep its turn before `up` and `down` give up. Too short gives up while an index of a
  /// large table is built; too long lets an operator wait for a session that somebody has forgotten.
  var turnLimit: Duration = .seconds(600)
  /// Is told once when another migrator has the turn.
  public var reportsWait: @Sendable (String) -> Void = { _ in }

  /// - Parameters:
  ///   - modules: from the ground up: the queue first, kinds of job last.
  ///   - twinsSchema: any name that PostgreSQL accepts; it is quoted.
  ///   - inputs: schema and name of the tables of applications that the program reads, for `check`.
  ///   - version: of the program; a database of a newer version is left alone.
  public init(
    _ modules: [SchemaModule], twinsSchema: String = "public", inputs: [(schema: String, name: String)] = [],
    version: String = BuildInfo.version
  ) {
    self.modules = modules
    self.twinsSchema = twinsSchema
    self.inputs = inputs
    self.version = version
    migrations = modules.flatMap(\.migrations).sorted { $0.number < $1.number }
    routines = RoutineSet(modules)
  }

  /// The newest step this version knows.
  public var latest: Int { migrations.last?.number ?? 0 }

  /// Applies what is missing, up to `target` (all by default), and brings functions, views and triggers to this version's
  /// texts.
  ///
  /// When a step fails nothing has happened, but for steps that say `-- transaction: none`: those before it stay taken,
  /// with the steps that had to come before them, and a failed one is taken again by the next call.
  /// - Parameter replacesNewer: puts this version's functions in the place of a newer version's.
  /// - Returns: what was done.
  /// - Throws: `MigrationError`, or `PostgresError` naming the function or statement.
  public func up(_ connection: Connection, to target: Int? = nil, replacesNewer: Bool = false) async throws -> Changes {
    try checkFiles()
    try await checkEncoding(connection)
    var changes = Changes()
    var outside: Migration?
    try await refuseForeignOwner(connection)
    repeat {
      outside = try await locked(connection, createsLedger: true) { transaction, applied in
        let pending = migrations.filter { !applied.contains($0.number) && $0.number <= target ?? latest }
        let tables = pending.filter { $0.phase == .tables }
        let inside = tables.prefix { Migration.isTransactional($0.up) }
        let later = tables.dropFirst(inside.count)
        for migration in inside { try await take(migration, transaction, &changes) }
        guard !later.contains(where: { Migration.isTransactional($0.up) }) else { return later.first }

        let all = applied.union(inside.map(\.number))
        if !all.isEmpty {
          try await checkNewer(transaction, replacesNewer: replacesNewer)
          var sync = RoutineSync(
            RoutineSet(complete(all.union(later.map(\.number)))), twinsSchema: twinsSchema, version: version,
            on: transaction)
          try await sync.run()
          changes.routines += sync.changed
        }
        // Before the setup, which tells what is ours by its owner, and after it.
        if all.contains(1) { try await handOver(transaction) }
        for migration in pending where migration.phase == .setup { try await take(migration, transaction, &changes) }
        if all.contains(1) { try await handOver(transaction) }
        return later.first
      }
      if let outside {
        try await runOutside(connection, outside, outside.up, isApplied: false)
        changes.migrations.append(outside)
      }
    } while outside != nil
    return changes
  }

  /// Takes back the steps above `target`, newest first, and what their modules have of functions, views and triggers. 0
  /// removes everything that `up` added.
  /// - Returns: the steps taken back, in order.
  public func down(_ connection: Connection, to target: Int) async throws -> [Migration] {
    try checkFiles()
    var taken: [Migration] = []
    let applied = try await appliedNumbers(connection)
    try await check(applied, connection)
    for migration in migrations.reversed()
    where applied.contains(migration.number) && migration.number > target && !Migration.isTransactional(migration.down)
    {
      try await runOutside(connection, migration, migration.down, isApplied: true)
      taken.append(migration)
    }
    try await locked(connection) { transaction, applied in
      let going = migrations.reversed().filter { applied.contains($0.number) && $0.number > target }
      for migration in going where migration.phase == .setup { try await takeBack(migration, transaction, &taken) }
      let staying = applied.filter { $0 <= target }
      if !going.isEmpty, applied.contains(1) {
        var sync = RoutineSync(
          RoutineSet(begun(staying)), twinsSchema: twinsSchema, version: version, keepsRetired: false,
          on: transaction)
        try await sync.run()
      }
      for migration in going where migration.phase == .tables { try await takeBack(migration, transaction, &taken) }
      if going.isEmpty { return }
      try await staying.isEmpty ? transaction.script(Self.dropLedger) : handOver(transaction)
    }
    return taken
  }

  /// Every step this version knows, applied or not.
  public func status(_ connection: Connection) async throws -> [Status] {
    try checkFiles()
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

  /// The functions, views and triggers whose text the database does not have, by title, such as `function wake`.
  public func outdatedRoutines(_ connection: Connection) async throws -> [String] {
    try await outdated(connection).map(\.title)
  }

  /// For programs that start: refuses a database whose schema is older than the program.
  /// - Throws: `MigrationError.missing`, `MigrationError.outdated`. A newer, compatible schema is fine: old workers go on
  ///   while a new version is rolled out.
  public func check(_ connection: Connection) async throws {
    try checkFiles()
    try await checkEncoding(connection)
    let applied = try await appliedNumbers(connection)
    let missing = migrations.filter { !applied.contains($0.number) }
    guard missing.isEmpty else {
      throw MigrationError.missing(missing.map { "\($0.number) \($0.name)" })
    }
    let recorded = try await RoutineSync.recorded(on: connection)
    let outdated = RoutineSync.outdated(routines, recorded)
    guard outdated.isEmpty || isNewer(recorded) else { throw MigrationError.outdated(outdated.map(\.title)) }
    try await RowSecurity.check(tables: inputs, twinsSchema: twinsSchema, on: connection)
  }
}

// MARK: - Steps

extension Migrator {
  static let ledger = """
    CREATE SCHEMA IF NOT EXISTS twinmill;
    CREATE TABLE IF NOT EXISTS twinmill.migrations (
      number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
    """
  private static let dropLedger = "DROP TABLE twinmill.migrations; DROP SCHEMA twinmill;"
  /// A step may build an index on an application's large table.
  static let patience: Duration = .seconds(6 * 3600)
  private func take(_ migration: Migration, _ transaction: Connection, _ changes: inout Changes) async throws {
    try await run(migration.up, migration, transaction)
    try await record(transaction, migration)
    changes.migrations.append(migration)
  }

  private func takeBack(_ migration: Migration, _ transaction: Connection, _ taken: inout [Migration]) async throws {
    try await run(migration.down, migration, transaction)
    _ = try await transaction.query("DELETE FROM twinmill.migrations WHERE number = \(Int32(migration.number))")
    taken.append(migration)
  }

  private func run(_ text: String, _ migration: Migration, _ connection: Connection) async throws {
    do {
      try await connection.script(filled(text), deadline: Self.patience)
    } catch {
      throw error.prefixed("migration \(migration.number) \(migration.name)")
    }
  }

  /// Runs a text that must stand outside of a transaction. The session's lock keeps other migrators away.
  private func runOutside(
    _ connection: Connection, _ migration: Migration, _ text: String, isApplied: Bool
  ) async throws {
    guard !connection.isPooled else { throw MigrationError.pooled(step: "\(migration.number) \(migration.name)") }
    try await untilTaken(connection) {
      let lock: SQL = "SELECT pg_try_advisory_lock(\(Self.lockKey))"
      return try await connection.query(lock).only().decode(Bool.self) ? () : nil
    }
    do {
      if try await appliedNumbers(connection).contains(migration.number) == isApplied {
        for statement in Migration.statements(of: text) { try await run(statement, migration, connection) }
        if isApplied {
          _ = try await connection.query("DELETE FROM twinmill.migrations WHERE number = \(Int32(migration.number))")
        } else {
          try await record(connection, migration)
        }
      }
    } catch {
      if !connection.isDead { _ = try await connection.query("SELECT pg_advisory_unlock(\(Self.lockKey))") }
      throw error
    }
    _ = try await connection.query("SELECT pg_advisory_unlock(\(Self.lockKey))")
  }

  private func record(_ connection: Connection, _ migration: Migration) async throws {
    try await connection.script(Self.ledger)
    _ = try await connection.query(
      "INSERT INTO twinmill.migrations (number, name) VALUES (\(Int32(migration.number)), \(migration.name))")
    if migration.number == 1 {
      _ = try await connection.query(
        "INSERT INTO twinmill.settings (name, value) VALUES ('twins_schema', to_jsonb(\(twinsSchema)::text))")
    }
  }

  func filled(_ text: String) -> String {
    Statement.filled(text, schemas: ["twins": twinsSchema])
  }

  /// The modules whose steps are all applied, up to the first that lacks one: only their routines find their tables.
  private func complete(_ applied: Set<Int>) -> [SchemaModule] {
    Array(
      modules.prefix { module in
        module.migrations.allSatisfy { $0.phase == .setup || applied.contains($0.number) }
      })
  }

  /// The modules that keep some of their tables, up to the first that keeps none. Their routines stay as they are, for an
  /// older program to replace: triggers on an application's tables need them.
  private func begun(_ staying: Set<Int>) -> [SchemaModule] {
    Array(
      modules.prefix { module in
        let tables = module.migrations.filter { $0.phase == .tables }
        return tables.isEmpty || tables.contains { staying.contains($0.number) }
      })
  }
}

// MARK: - What is there

extension Migrator {
  /// Two steps of one number, files that say what they must not: an error of whoever put the program together.
  func checkFiles() throws {
    var faults = modules.flatMap(\.faults) + routines.faults
    for (one, next) in zip(migrations, migrations.dropFirst()) where one.number == next.number {
      faults.append("steps \(one.name) and \(next.name) both have number \(one.number)")
    }
    for step in migrations where step.phase == .setup && !Migration.isTransactional(step.up + step.down) {
      faults.append("step \(step.name) cannot run both after the functions and outside of a transaction")
    }
    guard faults.isEmpty else { throw MigrationError.faultySchema(faults) }
  }

  /// Texts that are not UTF-8 could be stored and never be read.
  private func checkEncoding(_ connection: Connection) async throws {
    let (database, encoding) = try await connection.query(
      "SELECT current_database()::text, current_setting('server_encoding')"
    ).only().decode(String.self, String.self)
    guard encoding == "UTF8" else { throw MigrationError.encoding(database: database, encoding: encoding) }
  }

  func outdated(_ connection: Connection) async throws -> [Routine] {
    guard try await appliedNumbers(connection).contains(1) else { return routines.routines }
    return RoutineSync.outdated(routines, try await RoutineSync.recorded(on: connection))
  }

  /// Whether a version after this one has brought the routines up to date.
  private func isNewer(_ recorded: [RoutineSync.Recorded]) -> Bool {
    newest(recorded).map { SchemaVersion(version) < SchemaVersion($0) } ?? false
  }

  private func newest(_ recorded: [RoutineSync.Recorded]) -> String? {
    recorded.flatMap { [$0.version, $0.retiredBy].compactMap(\.self) }.max { SchemaVersion($0) < SchemaVersion($1) }
  }

  private func checkNewer(_ transaction: Connection, replacesNewer: Bool) async throws {
    let recorded = try await RoutineSync.recorded(on: transaction)
    guard !replacesNewer, isNewer(recorded), let newest = newest(recorded),
      !RoutineSync.outdated(routines, recorded).isEmpty
    else { return }
    throw MigrationError.newerRoutines(version: newest)
  }

  func ledgerExists(_ connection: Connection) async throws -> Bool {
    try await connection.query("SELECT to_regclass('twinmill.migrations') IS NOT NULL").only().decode(Bool.self)
  }

  func appliedNumbers(_ connection: Connection) async throws -> Set<Int> {
    guard try await ledgerExists(connection) else { return [] }
    return Set(
      try await connection.query("SELECT number FROM twinmill.migrations").map { row in
        let number: Int32 = try row.decode(Int32.self)
        return Int(number)
      })
  }

  func check(_ applied: Set<Int>, _ connection: Connection) async throws {
    try checkKnown(applied)
    guard applied.contains(1) else { return }
    let rows = try await connection.query("SELECT value #>> '{}' FROM twinmill.settings WHERE name = 'twins_schema'")
    if let recorded = try rows.first?.decode(String.self), recorded != twinsSchema {
      throw MigrationError.otherTwinsSchema(recorded: recorded, asked: twinsSchema)
    }
  }

  private func checkKnown(_ applied: Set<Int>) throws {
    let strange = applied.subtracting(migrations.map(\.number)).sorted()
    guard strange.isEmpty else { throw MigrationError.newer(strange) }
  }
}

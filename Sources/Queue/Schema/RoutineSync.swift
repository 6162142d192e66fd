import Postgres

/// Brings the functions, views and triggers of a database to their current texts, inside the migration's transaction.
///
/// A routine whose text has not changed is not touched: its row in the catalogue stays as it is. A changed one is
/// replaced in place where PostgreSQL can do that: its grants and the objects that depend on it remain. Otherwise it
/// and the objects that depend on it are dropped and created again, never with CASCADE.
struct RoutineSync {
  /// The titles of the routines that have changed.
  private(set) var changed: [String] = []

  private let set: RoutineSet
  private let twinsSchema: String
  private let version: String
  private let transaction: Connection
  /// Whether functions that are known no more stay for the workers of the version before.
  private let keepsRetired: Bool

  private var recorded: [Recorded] = []
  /// Objects as they were before the first change, by kind and name.
  private var existing: [String: [Existing]] = [:]
  /// Views and triggers that went with something below them and have to be made again.
  private var lost: Set<String> = []
  /// Signatures that have been recorded anew.
  private var applied: Set<String> = []
  /// Functions whose bodies are to be checked.
  private var created: [Int64] = []
  private var roles: Set<String> = []

  /// A row of `twinmill.routines`.
  struct Recorded {
    let signature: String
    let name: String
    let kind: String
    let checksum: String
    let version: String
    let retiredBy: String?
    let exists: Bool

    var key: String {
      kind == "trigger" ? "trigger \(name) on \(signature.split(separator: " ").last ?? "")" : "\(kind) \(name)"
    }
  }

  /// A function or view in the catalogue.
  private struct Existing {
    let id: Int64
    let row: String
    let signature: String
    /// Statements that give its grants again, with `@object@` for the object.
    let grants: [String]
  }

  init(
    _ set: RoutineSet, twinsSchema: String, version: String, keepsRetired: Bool = true, on transaction: Connection
  ) {
    self.set = set
    self.twinsSchema = twinsSchema
    self.version = version
    self.keepsRetired = keepsRetired
    self.transaction = transaction
  }

  /// The routines as the database has recorded them.
  static func recorded(on connection: Connection) async throws -> [Recorded] {
    try await connection.query(Statements.recordedRoutines()).map { row in
      let (signature, name, kind, checksum, version, retiredBy, exists) = try row.decode(
        String.self, String.self, String.self, String.self, String.self, String?.self, Bool.self)
      return Recorded(
        signature: signature, name: name, kind: kind, checksum: checksum, version: version, retiredBy: retiredBy,
        exists: exists)
    }
  }

  /// The routines whose text the database does not have.
  static func outdated(_ set: RoutineSet, _ recorded: [Recorded]) -> [Routine] {
    let there = Set(recorded.filter { $0.exists && $0.retiredBy == nil }.map { "\($0.key) \($0.checksum)" })
    return set.routines.filter { !there.contains("\($0.key) \($0.checksum)") }
  }

  /// Does all of it.
  mutating func run() async throws {
    recorded = try await Self.recorded(on: transaction)
    let outdated = Self.outdated(set, recorded)
    let known = Set(set.routines.map(\.key))
    let unknown = recorded.filter { $0.retiredBy == nil && !known.contains($0.key) }
    let expired = recorded.filter { entry in
      guard let retiredBy = entry.retiredBy else { return false }
      return !keepsRetired || SchemaVersion(retiredBy) < SchemaVersion(version)
    }
    guard !outdated.isEmpty || !unknown.isEmpty || !expired.isEmpty else { return }

    try await transaction.script("SET LOCAL check_function_bodies = off")
    try await readExisting(
      functions: outdated.filter { $0.kind == .function }.map(\.name) + (unknown + expired).map(\.name))
    roles = Set(
      try await transaction.query(
        "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname = ANY (\(Array(Set(set.routines.flatMap(\.grants)))))"
      ).map { try $0.decode(String.self) })

    for entry in unknown where entry.kind == "trigger" { try await drop(entry) }
    for entry in unknown where entry.kind == "view" { try await drop(entry) }
    for routine in outdated where routine.kind == .function { try await replaceFunction(routine) }
    for entry in unknown where entry.kind == "function" { try await retire(entry) }
    for entry in expired where !applied.contains(entry.signature) { try await drop(entry) }
    for routine in set.routines where routine.kind == .view {
      let isOutdated = outdated.contains { $0.key == routine.key }
      if isOutdated || lost.contains(routine.key) { try await replaceView(routine) }
    }
    for routine in set.routines where routine.kind == .trigger {
      let isOutdated = outdated.contains { $0.key == routine.key }
      if isOutdated || lost.contains(routine.key) { try await replaceTrigger(routine) }
    }
    try await checkBodies()
  }

  // MARK: - Functions

  private mutating func replaceFunction(_ routine: Routine) async throws {
    let before = existing[routine.key] ?? []
    let ours = recorded.filter { $0.key == routine.key && $0.retiredBy == nil && $0.exists }
    if before.isEmpty {
      try await create(routine)
    } else {
      // Other names of parameters, another result: PostgreSQL replaces such a function only after a DROP.
      let isReplaced = try await attempt(routine, sqlstate: "42P13")
      if !isReplaced {
        for entry in ours { try await drop(entry) }
        try await create(routine)
      }
    }
    let after = try await functions(named: [routine.name])
    let new = after.filter { one in !before.contains { $0.id == one.id && $0.row == one.row } }
    guard new.count == 1, let new = new.first else {
      throw MigrationError.faultySchema(["\(routine.title): its file created \(new.count) functions of that name"])
    }
    if before.contains(where: { $0.id == new.id }) {
      try await grant(routine, new.signature, kept: [])
    } else {
      try await transaction.script("REVOKE ALL ON FUNCTION \(new.signature) FROM PUBLIC")
      try await grant(
        routine, new.signature, kept: before.filter { one in ours.contains { $0.signature == one.signature } })
    }
    try await record(routine, new.signature)
    created.append(new.id)
    for entry in ours where entry.signature != new.signature {
      guard let old = after.first(where: { $0.signature == entry.signature }) else { continue }
      try await replaceOld(entry, old, by: new)
    }
  }

  /// An old signature beside its new one: it stays for the workers of the version before, unless the new one answers
  /// their calls as well.
  private mutating func replaceOld(_ entry: Recorded, _ old: Existing, by new: Existing) async throws {
    let isServed = try await transaction.query(Statements.servesCallsOf(old.id, new.id)).only().decode(Bool.self)
    if isServed { try await drop(entry) } else { try await retire(entry) }
  }

  /// Keeps a function that this version does not know, or drops one that no other version has known.
  private mutating func retire(_ entry: Recorded) async throws {
    guard keepsRetired, entry.exists, SchemaVersion(entry.version) < SchemaVersion(version) else {
      return try await drop(entry)
    }
    if let old = try await functions(named: [entry.name]).first(where: { $0.signature == entry.signature }) {
      try await dropDependents(of: old.id, in: "pg_proc")
    }
    _ = try await transaction.query(
      "UPDATE twinmill.routines SET retired_by = \(version) WHERE signature = \(entry.signature)")
    changed.append("\(entry.kind) \(entry.name) of version \(entry.version), kept until the next")
  }

  private func checkBodies() async throws {
    guard !created.isEmpty else { return }
    let ids = "{" + created.map(String.init).joined(separator: ",") + "}"
    _ = try await transaction.query("SELECT set_config('twinmill.changed', \(ids), true)")
    try await transaction.script(Statements.checkBodies)
  }

  // MARK: - Views and triggers

  private mutating func replaceView(_ routine: Routine) async throws {
    let before = existing[routine.key]?.first
    let signature = "twinmill.\(routine.name)"
    var isNew = before == nil || lost.contains(routine.key)
    if isNew {
      try await create(routine)
    } else if let before {
      // Columns that go or change their type: PostgreSQL replaces such a view only after a DROP.
      isNew = try await !attempt(routine, sqlstate: "42P16")
      if isNew {
        try await dropDependents(of: before.id, in: "pg_class")
        try await transaction.script("DROP VIEW \(signature)")
        try await create(routine)
      }
    }
    try await grant(routine, signature, kept: isNew ? [before].compactMap(\.self) : [])
    try await record(routine, signature)
  }

  private mutating func replaceTrigger(_ routine: Routine) async throws {
    let table = routine.table ?? ""
    try await transaction.script(
      "DROP TRIGGER IF EXISTS \(Statement.quotedIdentifier(routine.name)) ON \(table)")
    try await create(routine)
    try await record(routine, "\(routine.name) on \(table)")
  }

  // MARK: - One object

  private mutating func create(_ routine: Routine) async throws {
    do {
      try await transaction.script(text(of: routine))
    } catch {
      throw Self.named(routine, error)
    }
  }

  /// Replaces an object in place.
  /// - Returns: false: PostgreSQL says by this SQLSTATE that it cannot, and nothing has changed.
  private func attempt(_ routine: Routine, sqlstate: String) async throws -> Bool {
    try await transaction.script("SAVEPOINT routine")
    do {
      try await transaction.script(text(of: routine))
      try await transaction.script("RELEASE SAVEPOINT routine")
      return true
    } catch {
      guard error.sqlstate == sqlstate else { throw Self.named(routine, error) }
      try await transaction.script("ROLLBACK TO SAVEPOINT routine")
      return false
    }
  }

  private func text(of routine: Routine) -> String {
    Statement.filled(routine.text, schemas: ["twins": twinsSchema])
  }

  private static func named(_ routine: Routine, _ error: PostgresError) -> PostgresError {
    error.prefixed(routine.title)
  }

  private func grant(_ routine: Routine, _ signature: String, kept: [Existing]) async throws {
    let object = routine.kind == .function ? "EXECUTE ON FUNCTION \(signature)" : "SELECT ON \(signature)"
    let own = routine.grants.filter(roles.contains).map { "GRANT \(object) TO \(Statement.quotedIdentifier($0))" }
    // The file is the whole list: a role of ours that an earlier text named, or an earlier roles.sql, loses the right.
    let gone = roles.subtracting(routine.grants).sorted().map {
      "REVOKE \(object) FROM \(Statement.quotedIdentifier($0))"
    }
    let all = kept.flatMap(\.grants).map { $0.replacing("@object@", with: signature) } + gone + own
    if !all.isEmpty { try await transaction.script(all.joined(separator: ";\n")) }
  }

  private mutating func record(_ routine: Routine, _ signature: String) async throws {
    _ = try await transaction.query(
      Statements.recordRoutine(
        signature, routine.name, routine.kind.rawValue, routine.checksum, version, routine.grants))
    applied.insert(signature)
    changed.append(routine.title)
  }

  /// Drops an object, with the views and triggers of ours that stand on it, and forgets it.
  private mutating func drop(_ entry: Recorded) async throws {
    if entry.exists {
      let drop: String
      switch entry.kind {
      case "trigger":
        drop = "TRIGGER IF EXISTS " + entry.signature.replacing(" on ", with: " ON ")
      case "view":
        if let view = existing[entry.key]?.first { try await dropDependents(of: view.id, in: "pg_class") }
        drop = "VIEW IF EXISTS \(entry.signature)"
      default:
        if let one = try await functions(named: [entry.name]).first(where: { $0.signature == entry.signature }) {
          try await dropDependents(of: one.id, in: "pg_proc")
        }
        drop = "FUNCTION IF EXISTS \(entry.signature)"
      }
      try await transaction.script("DROP \(drop)")
    }
    _ = try await transaction.query("DELETE FROM twinmill.routines WHERE signature = \(entry.signature)")
  }

  private mutating func dropDependents(of id: Int64, in catalogue: String) async throws {
    for row in try await transaction.query(Statements.dependentRoutines(catalogue, id)) {
      let (signature, name, kind) = try row.decode(String.self, String.self, String.self)
      if kind == "view" {
        try await transaction.script("DROP VIEW IF EXISTS \(signature)")
        lost.insert("view \(name)")
      } else {
        try await transaction.script("DROP TRIGGER IF EXISTS " + signature.replacing(" on ", with: " ON "))
        lost.insert("trigger \(signature)")
      }
    }
  }

  // MARK: - The catalogue

  private mutating func readExisting(functions names: [String]) async throws {
    for row in try await transaction.query(Statements.existingObjects(names)) {
      let (kind, name, id, xmin, signature, grants) = try row.decode(
        String.self, String.self, Int64.self, String.self, String.self, [String].self)
      existing["\(kind) \(name)", default: []].append(
        Existing(id: id, row: xmin, signature: signature, grants: grants))
    }
  }

  private func functions(named names: [String]) async throws -> [Existing] {
    var found: [Existing] = []
    for row in try await transaction.query(Statements.existingObjects(names)) {
      let (kind, _, id, xmin, signature, grants) = try row.decode(
        String.self, String.self, Int64.self, String.self, String.self, [String].self)
      if kind == "function" { found.append(Existing(id: id, row: xmin, signature: signature, grants: grants)) }
    }
    return found
  }
}

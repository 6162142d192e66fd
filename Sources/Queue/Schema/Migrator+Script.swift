import Postgres

/// The SQL of `up` as text.
extension Migrator {
  /// The SQL that `up` would run on this database now, with a line before each part that names it. For reading: `up` also
  /// compares signatures, keeps grants and records what it applied.
  /// - Parameter routinesOnly: leaves out the numbered steps.
  public func script(_ connection: Connection, routinesOnly: Bool = false) async throws -> String {
    try checkFiles()
    let applied = try await appliedNumbers(connection)
    let pending = routinesOnly ? [] : migrations.filter { !applied.contains($0.number) }
    let outdated = try await outdated(connection)
    var parts = pending.filter { $0.phase == .tables }.map(part)
    if !outdated.isEmpty {
      parts.append("-- Functions, views and triggers\nSET LOCAL check_function_bodies = off;\n")
      parts += outdated.map { filled($0.text) }
    }
    parts += pending.filter { $0.phase == .setup }.map(part)
    guard !parts.isEmpty else { return "" }
    return "-- For reading. `twinmill migrate up` also records the steps, keeps grants and registers the kinds.\n\n"
      + parts.joined(separator: "\n")
  }

  private func part(_ migration: Migration) -> String {
    "-- Migration \(migration.number) \(migration.name)\n\(filled(migration.up))"
  }
}

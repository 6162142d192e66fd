import FoundationEssentials
import Postgres

/// How a twin is named on the command line: by its id, or as DOMAIN/SUBJECT.
enum TwinReference {
  /// The twin's id; a twin of that domain and subject is created when it is new.
  /// - Throws: `CommandFailure` for neither, `PostgresError` for an unknown domain.
  static func resolve(_ text: String, on connection: Connection) async throws -> UUID {
    if let id = UUID(uuidString: text) { return id }
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw CommandFailure("--twin '\(text)': give the twin's id or DOMAIN/SUBJECT, for example sensor/pump-7")
    }
    return try await connection.query("SELECT twinmill.twin(\(parts[0]), \(parts[1]))")[0].decode(UUID.self)
  }

  /// The subject, of a twin whose domain is known: `pump-7` and `sensor/pump-7` are the same sensor.
  static func subject(_ text: String, in domain: String) -> String {
    text.hasPrefix(domain + "/") ? String(text.dropFirst(domain.count + 1)) : text
  }
}

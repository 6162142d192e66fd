import Files
import FoundationEssentials
import Postgres
import ReadModels
import Twins

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

  /// The id of a twin that is there.
  /// - Throws: `CommandFailure` for neither form, or when there is no such twin; `PostgresError`.
  static func find(_ text: String, in catalog: DomainCatalog, on connection: Connection) async throws -> UUID {
    if let id = UUID(uuidString: text) { return id }
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw CommandFailure("--twin '\(text)': give the twin's id or DOMAIN/SUBJECT, for example sensor/pump-7")
    }
    guard let id = try await catalog.twin(domain: parts[0], subject: parts[1], on: connection) else {
      throw CommandFailure(
        "--twin '\(text)': there is no such twin; list them: SELECT domain, subject FROM twinmill.freshness")
    }
    return id
  }

  /// The subject, of a twin whose domain is known: `pump-7` and `sensor/pump-7` are the same sensor.
  static func subject(_ text: String, in domain: String) -> String {
    text.hasPrefix(domain + "/") ? String(text.dropFirst(domain.count + 1)) : text
  }
}

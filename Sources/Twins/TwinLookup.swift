import FoundationEssentials
import Postgres

extension DomainCatalog {
  /// The id of a twin; `nil` when there is none of that name. Creates nothing, unlike `twinmill.twin()`.
  public func twin(
    domain: String, subject: String, on connection: Connection
  ) async throws(PostgresError) -> UUID? {
    try await connection.query(Statements.findTwin(schema: twinsSchema)(domain, subject)).first?.decode(UUID.self)
  }
}

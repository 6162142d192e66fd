import FoundationEssentials
import Postgres
import Twins

extension DomainCatalog {
  /// The id of a twin; `nil` when there is none of that name. Creates nothing, unlike `twinmill.twin()`.
  public func twin(
    domain: String, subject: String, on connection: Connection
  ) async throws(PostgresError) -> UUID? {
    try await connection.query(Statements.findTwin(schema: twinsSchema)(domain, subject)).first?.decode(UUID.self)
  }

  /// How many twins each domain has; domains without twins are missing.
  public func countTwins(on connection: Connection) async throws(PostgresError) -> [String: Int] {
    var counts: [String: Int] = [:]
    for row in try await connection.query(Statements.countTwins(schema: twinsSchema)()) {
      let (domain, count) = try row.decode(String.self, Int64.self)
      counts[domain] = Int(count)
    }
    return counts
  }
}

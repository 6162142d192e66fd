import Postgres

/// The domains that this program knows.
public struct DomainCatalog: Sendable {
  /// By name, in the order of registration.
  public let domains: [Domain]
  /// Schema of the twin tables, which the domains' statements read.
  public let twinsSchema: String

  /// - Throws: `DomainError.duplicate`.
  public init(_ domains: [Domain], twinsSchema: String) throws(DomainError) {
    var names: Set<String> = []
    for domain in domains where !names.insert(domain.name).inserted { throw .duplicate(domain.name) }
    self.domains = domains
    self.twinsSchema = twinsSchema
  }

  /// The domain of this name.
  public subscript(name: String) -> Domain? {
    domains.first { $0.name == name }
  }

  /// Writes the domains to `twinmill.domains`, from which psql's functions know them. Run after migrating and when a
  /// worker starts; domains of other versions stay.
  public func register(on connection: Connection) async throws(PostgresError) {
    _ = try await connection.query(
      Statements.registerDomains(domains.map(\.name), domains.map(\.summary), domains.map(\.definition)))
  }

  /// Creates what a domain keeps in tables of its own, where it is missing, and the triggers that mark twins whose data
  /// is written, also on tables that an application owns.
  /// - Throws: `PostgresError` 42501 when the role may not create tables; then an owner of the schema must do it.
  ///   42703 when a table of the domain's names is there and lacks columns: it is probably another application's.
  public func createTables(of domain: Domain, on connection: Connection) async throws(PostgresError) {
    let columns = domain.tables.flatMap { table in table.columns.map { (table.name, $0) } }
    _ = try await connection.query(
      Statements.requireColumns(domain.name, domain.schema, columns.map(\.0), columns.map(\.1)))
    try await connection.script(domain.schemaScript)
  }

  /// The tables of the domains: schema and name.
  public var inputs: [(schema: String, name: String)] { domains.flatMap(\.inputs) }

  /// Ties subjects and twins that do not know each other yet (each domain's `register.sql`).
  /// - Returns: how many.
  public func registerTwins(of domain: Domain, on connection: Connection) async throws(PostgresError) -> Int {
    try await Int(connection.query(domain.register()).only().get("registered", as: Int64.self))
  }
}

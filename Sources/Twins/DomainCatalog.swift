import Postgres
import Queue

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
  ///   42703 when a table of the domain's names is there and lacks columns: it is probably another application's. 42809,
  ///   42804 and 42501 when reading one could run code of its owner. `ForeignOwner` in a superuser's session, when a table
  ///   belongs to a role that is none.
  public func createTables(of domain: Domain, on connection: Connection) async throws {
    try await refuseForeignOwner(of: domain, on: connection)
    let columns = domain.tables.flatMap { table in table.columns.map { (table.name, $0) } }
    // It pins the search path of the transaction, which the caller's own statements may need afterwards.
    let path: String = try await connection.query("SELECT current_setting('search_path')").only().decode(String.self)
    _ = try await connection.query(
      Statements.requireColumns(domain.name, domain.schema, columns.map(\.0), columns.map(\.1)))
    try await connection.script(Self.pinnedPath + domain.schemaScript)
    _ = try await connection.query("SELECT set_config('search_path', \(path), true)")
  }

  /// For the transaction, or for the script where there is none.
  private static let pinnedPath = "SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);\n"

  private func refuseForeignOwner(of domain: Domain, on connection: Connection) async throws {
    try await ForeignOwner.refuse(domain.tables.map { (domain.schema, $0.name) }, on: connection)
  }

  /// The tables of the domains: schema and name.
  public var inputs: [(schema: String, name: String)] { domains.flatMap(\.inputs) }

  /// Ties subjects and twins that do not know each other yet (each domain's `register.sql`).
  /// - Returns: how many.
  /// - Throws: `PostgresError`; `ForeignOwner` as `createTables`.
  public func registerTwins(of domain: Domain, on connection: Connection) async throws -> Int {
    try await refuseForeignOwner(of: domain, on: connection)
    return try await Int(connection.query(domain.register()).only().get("registered", as: Int64.self))
  }
}

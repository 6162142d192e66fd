import Postgres

/// The module's own statements.
enum Statements {
  static let registerDomains = Statement("register_domains", PackageResources.register_domains_sql)

  static func describeTwins(schema: String) -> Statement {
    Statement("describe_twins", PackageResources.describe_twins_sql, schemas: ["twins": schema])
  }

  static func findTwin(schema: String) -> Statement {
    Statement("find_twin", PackageResources.find_twin_sql, schemas: ["twins": schema])
  }
}

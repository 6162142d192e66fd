import Postgres

/// The module's own statements.
enum Statements {
  static let registerDomains = Statement("register_domains", PackageResources.register_domains_sql)
  static let requireColumns = Statement("require_columns", PackageResources.require_columns_sql)

  static func countTwins(schema: String) -> Statement {
    Statement("count_twins", PackageResources.count_twins_sql, schemas: ["twins": schema])
  }

  static func describeTwins(schema: String) -> Statement {
    Statement("describe_twins", PackageResources.describe_twins_sql, schemas: ["twins": schema])
  }
}

import Postgres

/// The module's own statements.
enum Statements {
  static let registerDomains = Statement("register_domains", Embedded.SQL.Statements.register_domains)
  static let requireColumns = Statement("require_columns", Embedded.SQL.Statements.require_columns)

  static func describeTwins(schema: String) -> Statement {
    Statement("describe_twins", Embedded.SQL.Statements.describe_twins, schemas: ["twins": schema])
  }
}

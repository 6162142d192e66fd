import Postgres

/// The module's own statements.
enum Statements {
  static let registerDomains = Statement("register_domains", Embedded.SQL.Statements.register_domains)
  static let requireColumns = Statement("require_columns", Embedded.SQL.Statements.require_columns)
  static let requirePlain = Statement("require_plain", Embedded.SQL.Statements.require_plain)

  static func describeTwins(schema: String) -> Statement {
    Statement("describe_twins", Embedded.SQL.Statements.describe_twins, schemas: ["twins": schema])
  }
}

import Postgres

/// A function of the schema, as the catalogue describes it.
struct DocumentedFunction: Sendable {
  /// A parameter.
  struct Parameter: Sendable {
    let name: String
    let type: String
    /// The text of the default; empty: the parameter must be given.
    let standard: String

    var text: String { "\(name) \(type)\(standard.isEmpty ? "" : " DEFAULT \(standard)")" }
  }

  let name: String
  /// Its parameters, in order.
  let parameters: [Parameter]
  /// Columns of its rows; empty: it returns `result`.
  let columns: [Parameter]
  /// The type that it returns, as in its definition.
  let result: String
  let comment: String
  /// Whether it runs with the rights of its owner, not of its caller.
  let hasOwnersRights: Bool

  /// How it is called, and what it returns: one line, or a line for each parameter.
  var signature: String {
    let answer =
      columns.isEmpty || result.hasPrefix("TABLE(")
      ? result : (result.hasPrefix("SETOF") ? "SETOF " : "") + "(\(columns.map(\.text).joined(separator: ", ")))"
    let short = "twinmill.\(name)(\(parameters.map(\.text).joined(separator: ", "))) → \(answer)"
    guard short.count > 100 else { return short }
    return "twinmill.\(name)(\n" + parameters.map { "  \($0.text)" }.joined(separator: ",\n") + "\n) → \(answer)"
  }
}

/// A view or a table, as the catalogue describes it.
struct DocumentedRelation: Sendable {
  /// A column.
  struct Column: Sendable {
    let name: String
    let type: String
    let comment: String
  }

  let schema: String
  let name: String
  let isView: Bool
  let comment: String
  var columns: [Column]
}

/// Reads what a migrated database says of itself.
enum SchemaReader {
  private static let functionsStatement = Statement(
    "documented_functions", Embedded.Reference.Statements.documented_functions)
  private static let relationsStatement = Statement(
    "documented_relations", Embedded.Reference.Statements.documented_relations)

  /// The functions of the schema, by name.
  static func functions(_ connection: Connection) async throws(PostgresError) -> [DocumentedFunction] {
    var functions: [DocumentedFunction] = []
    for row in try await connection.query(functionsStatement()) {
      let (name, result, comment, names, modes, types, defaults, hasOwnersRights) = try row.decode(
        String.self, String.self, String.self, [String].self, [String].self, [String].self, [String].self, Bool.self)
      // The short name is the one that people write.
      let shortTypes = types.map(short)
      func parameters(_ wanted: Set<String>) -> [DocumentedFunction.Parameter] {
        names.indices.filter { wanted.contains(modes[$0]) }.map {
          .init(name: names[$0], type: shortTypes[$0], standard: withoutCast(defaults[$0], types[$0]))
        }
      }
      functions.append(
        DocumentedFunction(
          name: name, parameters: parameters(["i", "b", "v"]), columns: parameters(["o", "b", "t"]),
          result: short(result), comment: comment, hasOwnersRights: hasOwnersRights))
    }
    return functions
  }

  /// Views and tables of the schema, and the twin tables, by name.
  static func relations(
    twinsSchema: String, twinTables: [String], on connection: Connection
  ) async throws(PostgresError) -> [DocumentedRelation] {
    var relations: [DocumentedRelation] = []
    for row in try await connection.query(relationsStatement(["twinmill", twinsSchema], twinTables)) {
      let (schema, name, isView, comment, column, type, meaning) = try row.decode(
        String.self, String.self, Bool.self, String.self, String.self, String.self, String.self)
      if relations.last?.schema != schema || relations.last?.name != name {
        relations.append(.init(schema: schema, name: name, isView: isView, comment: comment, columns: []))
      }
      relations[relations.count - 1].columns.append(.init(name: column, type: short(type), comment: meaning))
    }
    return relations
  }

  private static func short(_ type: String) -> String {
    type.replacing("timestamp with time zone", with: "timestamptz").replacing("character varying", with: "varchar")
  }

  /// `'keep'::text` is `'keep'` where the parameter's type says the rest.
  private static func withoutCast(_ text: String, _ type: String) -> String {
    text.hasSuffix("::\(type)") ? String(text.dropLast(type.count + 2)) : text
  }
}

/// A named statement, usually from a `.sql` file. A connection prepares it at its first use and keeps it.
public struct Statement: Sendable {
  /// The name in errors, logs and `pg_prepared_statements`.
  public let name: String
  /// The text with placeholders $1, $2 …
  public let text: String

  /// A statement of a name and a text.
  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// A statement from an embedded `.sql` file.
  /// - Parameters:
  ///   - name: the name in errors and logs.
  ///   - text: the file's text.
  ///   - schemas: for each `@name@` in the text the schema that it stands for; inserted as a quoted identifier.
  public init(_ name: String, _ text: String, schemas: [String: String] = [:]) {
    self.init(name: name, text: schemas.isEmpty ? text : Self.filled(text, schemas: schemas))
  }

  /// The text with each known `@name@` replaced by the schema as a quoted identifier. The code looks up each text between
  /// two signs: a search of the whole text for each name would take a quarter of a worker's start.
  ///
  /// A schema's name may hold what ends a string between dollars (`$$`, `$name$`): those strings then get other tags.
  public static func filled(_ text: String, schemas: [String: String]) -> String {
    let text = schemas.values.contains { $0.contains("$") } ? retagged(text, against: Array(schemas.values)) : text
    var filled = ""
    var parts = text.split(separator: "@", omittingEmptySubsequences: false)[...]
    if let first = parts.popFirst() { filled += first }
    while let part = parts.popFirst() {
      if let schema = schemas[String(part)], let rest = parts.popFirst() {
        filled += quotedIdentifier(schema) + rest
      } else {
        filled += "@" + part
      }
    }
    return filled
  }

  /// The text with other tags for the strings between dollars whose tag stands in one of the names.
  private static func retagged(_ text: String, against names: [String]) -> String {
    var tags: Set<String> = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "$") {
      let after = rest.index(after: start)
      let end = rest[after...].firstIndex { !($0.isLetter || $0 == "_") } ?? rest.endIndex
      if end < rest.endIndex, rest[end] == "$" {
        tags.insert(String(rest[start...end]))
        rest = rest[rest.index(after: end)...]
      } else {
        rest = rest[after...]
      }
    }
    var text = text
    for tag in tags where names.contains(where: { $0.contains(tag) }) {
      var number = 1
      while names.contains(where: { $0.contains("$quoted_\(number)_") }) || text.contains("$quoted_\(number)_") {
        number += 1
      }
      text = text.replacing(tag, with: "$quoted_\(number)_$")
    }
    return text
  }

  /// The statement with parameters $1, $2 … A nil takes its type from where it stands in the statement.
  public func callAsFunction(_ parameters: (any PostgresEncodable)?...) -> SQL {
    var values = ParameterList()
    for parameter in parameters { values.append(any: parameter) }
    return SQL(text: text, name: name, values: values)
  }

  /// An identifier in double quotes, fit for SQL text whatever it contains.
  public static func quotedIdentifier(_ identifier: String) -> String {
    "\"" + identifier.replacing("\"", with: "\"\"") + "\""
  }
}

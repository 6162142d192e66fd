import FoundationEssentials
import Postgres
import TestGolden
import TestServer
import Testing

@Suite("Glossary")
struct GlossaryTests {
  /// A name that people see, and the object that bears it.
  private struct Name: Hashable {
    let text: String
    let object: String
  }

  @Test("every word of a public name is in Deploy/docs/glossary.md")
  func words() async throws {
    let known = try Self.glossary().union(Self.plain)
    #expect(known.count > Self.plain.count + 50)
    var missing: [String: Set<String>] = [:]
    for name in try await Self.sqlNames() + Self.swiftNames() {
      for word in Self.parts(name.text) where !known.contains(word) && !known.contains(Self.singular(word)) {
        missing[word, default: []].insert(name.object)
      }
    }
    for (word, objects) in missing.sorted(by: { $0.key < $1.key }) {
      Issue.record(
        """
        the word "\(word)" is not in Deploy/docs/glossary.md: \(objects.sorted().prefix(4).joined(separator: ", ")). \
        Take a word of the glossary, or add it there: | \(word) | meaning |
        """)
    }
  }

  // MARK: - The words

  /// The first column of the glossary's tables, each entry split into its words.
  private static func glossary() throws -> Set<String> {
    let text = try String(contentsOfFile: Golden.repository + "/Deploy/docs/glossary.md", encoding: .utf8)
    var words: Set<String> = []
    for line in text.split(separator: "\n") where line.hasPrefix("|") && !line.hasPrefix("|--") {
      let cell = line.split(separator: "|", omittingEmptySubsequences: true).first ?? ""
      for word in cell.split(whereSeparator: { !$0.isLetter && !$0.isNumber && $0 != "_" }) {
        for part in parts(String(word)) { words.formUnion([part, singular(part)]) }
      }
    }
    return words
  }

  /// Plain English, and words of SQL and Swift that mean in Twinmill what they mean everywhere.
  private static let plain: Set<String> = [
    "a", "all", "and", "any", "as", "at", "by", "for", "from", "has", "if", "in", "is", "of", "on", "or", "to", "up",
    "with", "created", "updated", "id", "name", "names", "text", "type", "value", "values", "count", "number", "date",
    "day", "days", "seconds", "time", "at", "until", "since", "last", "next", "first", "max", "min", "new", "old",
    "error", "errors", "json", "object", "table", "column", "schema", "user", "title", "summary", "description",
    "message", "reason", "status", "version", "settings", "setting", "options", "list", "start", "started", "end",
    "ended", "stop", "stopped", "finished", "metadata", "uuid", "key", "result", "results", "per",
  ]

  /// The words of a name: split at underscores, digits and capitals.
  static func parts(_ name: String) -> [String] {
    var words: [String] = []
    var word = ""
    let letters = Array(name)
    for (index, letter) in letters.enumerated() {
      guard letter.isLetter else {
        words.append(word)
        word = ""
        continue
      }
      // A capital begins a word, but for one within an acronym: the J of `toJSON`, not its S.
      let followsLower = index > 0 && letters[index - 1].isLowercase
      let precedesLower = index + 1 < letters.count && letters[index + 1].isLowercase
      if letter.isUppercase, followsLower || precedesLower {
        words.append(word)
        word = ""
      }
      word += letter.lowercased()
    }
    return (words + [word]).filter { !$0.isEmpty }
  }

  private static func singular(_ word: String) -> String {
    if word.hasSuffix("ies") { return word.dropLast(3) + "y" }
    return word.hasSuffix("s") && !word.hasSuffix("ss") ? String(word.dropLast()) : word
  }

  // MARK: - The names

  /// Functions that people may call with their parameters, views and tables with their columns, enums.
  private static func sqlNames() async throws -> [Name] {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let granted = try grantedRoutines()
    #expect(granted.count > 20)
    var names: [Name] = []
    let functions = try await connection.query(
      """
      SELECT proname::text, coalesce(proargnames, '{}')::text[] FROM pg_proc
      WHERE pronamespace = 'twinmill'::regnamespace
      """)
    for row in functions {
      let (function, parameters) = try row.decode(String.self, [String].self)
      guard granted.contains(function) else { continue }
      names += ([function] + parameters).map { Name(text: $0, object: "function \(function)") }
    }
    let relations = try await connection.query(
      """
      SELECT c.relname::text, array_agg(a.attname::text)
      FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace IN ('twinmill'::regnamespace, 'public'::regnamespace) AND c.relkind IN ('v', 'r', 'p')
        AND NOT c.relispartition
      GROUP BY c.oid
      """)
    for row in relations {
      let (relation, columns) = try row.decode(String.self, [String].self)
      names.append(Name(text: relation, object: "relation \(relation)"))
      names += columns.map { Name(text: $0, object: "column \(relation).\($0)") }
    }
    let enums = try await connection.query(
      """
      SELECT t.typname::text, e.enumlabel::text FROM pg_enum AS e JOIN pg_type AS t ON t.oid = e.enumtypid
      WHERE t.typnamespace = 'twinmill'::regnamespace
      """)
    for row in enums {
      let (type, label) = try row.decode(String.self, String.self)
      names += [Name(text: type, object: "type \(type)"), Name(text: label, object: "type \(type)")]
    }
    await connection.close()
    await database.drop()
    return names
  }

  /// Functions and views whose header grants them to a role of people: `-- Grant: twinmill_worker, twinmill_enqueue`.
  private static func grantedRoutines() throws -> Set<String> {
    var routines: Set<String> = []
    for path in try files(below: ["Sources", "Jobs"], suffix: ".sql") {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("-- Grant:") }),
        ["twinmill_enqueue", "twinmill_operate", "twinmill_read"].contains(where: line.contains)
      else { continue }
      routines.insert(String(path.split(separator: "/").last?.dropLast(".sql".count) ?? ""))
    }
    return routines
  }

  /// The public types of the targets that others build on.
  private static func swiftNames() throws -> [Name] {
    var names: [Name] = []
    let folders = ["Queue", "Worker", "Scheduler", "Twins"].map { "Sources/\($0)" }
    for path in try files(below: folders, suffix: ".swift") {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let pattern = #/public (?:final |indirect )*(?:struct|enum|class|actor|protocol|typealias) (\w+)/#
      for match in text.matches(of: pattern) {
        let file = path.split(separator: "/").last ?? ""
        names.append(Name(text: String(match.1), object: "type \(match.1) in \(file)"))
      }
    }
    return names
  }

  private static func files(below folders: [String], suffix: String) throws -> [String] {
    try folders.flatMap { folder in
      let root = "\(Golden.repository)/\(folder)"
      return try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.hasSuffix(suffix) }
        .map { "\(root)/\($0)" }
    }
  }
}

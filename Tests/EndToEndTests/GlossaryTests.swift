import FoundationEssentials
import Postgres
import TestGolden
import TestServer
import Testing

@Suite("Glossary")
struct GlossaryTests {
  /// A name of the schema, and the object that bears it.
  private struct Name: Hashable {
    let text: String
    let object: String
  }

  @Test("every name of the schema stands in Deploy/docs/glossary.md, and every name there is in the schema")
  func schema() async throws {
    let (marked, plain) = try Self.entries()
    let known = marked.union(plain)
    #expect(marked.count > 100)
    let names = try await Self.names()
    var missing: [String: Set<String>] = [:]
    for name in names where !known.contains(name.text) { missing[name.text, default: []].insert(name.object) }
    for (name, objects) in missing.sorted(by: { $0.key < $1.key }) {
      Issue.record(
        """
        "\(name)" of \(objects.sorted().prefix(3).joined(separator: ", ")) is not in Deploy/docs/glossary.md: \
        take a name that is there, or add | `\(name)` | meaning |
        """)
    }
    let stale = marked.subtracting(names.map(\.text)).sorted()
    #expect(stale.isEmpty, "Deploy/docs/glossary.md has names that the schema does not have: remove them")
  }

  @Test("every word of a public type of Queue, Worker, Scheduler and Twins is a word of the glossary")
  func types() throws {
    let known = try Self.words().union(Self.plain)
    var missing: [String: Set<String>] = [:]
    for type in try Self.publicTypes() {
      for word in Self.parts(type) where !known.contains(word) && !known.contains(Self.singular(word)) {
        missing[word, default: []].insert(type)
      }
    }
    for (word, types) in missing.sorted(by: { $0.key < $1.key }) {
      Issue.record(
        """
        the word "\(word)" of \(types.sorted().joined(separator: ", ")) is not in Deploy/docs/glossary.md: \
        take a word that is there, or add | \(word) | meaning |
        """)
    }
  }

  // MARK: - The glossary

  private static func rows() throws -> [Substring] {
    let text = try String(contentsOfFile: Golden.repository + "/Deploy/docs/glossary.md", encoding: .utf8)
    return text.split(separator: "\n").filter { $0.hasPrefix("|") && !$0.hasPrefix("|--") }
      .compactMap { $0.split(separator: "|").first }
  }

  /// The entries: names of the schema, which have code marks, and words for what they stand for.
  private static func entries() throws -> (marked: Set<String>, plain: Set<String>) {
    let rows = try rows()
    let marked = rows.flatMap { row in row.matches(of: #/`([^`]+)`/#).map { String($0.1) } }
    let plain = rows.flatMap { $0.split(separator: ",") }.map { $0.split(separator: " ").joined(separator: " ") }
    return (Set(marked), Set(plain))
  }

  /// The words of all entries.
  private static func words() throws -> Set<String> {
    var words: Set<String> = []
    for row in try rows() {
      for name in row.split(whereSeparator: { !$0.isLetter && $0 != "_" }) {
        for part in parts(String(name)) { words.formUnion([part, singular(part)]) }
      }
    }
    return words
  }

  /// Plain English, and words of programming that mean in Twinmill what they mean everywhere.
  private static let plain: Set<String> = [
    "info", "build", "failure", "failed", "error", "lost", "stuck", "settings", "options", "summary", "status", "json",
    "id", "text", "direction", "bound", "range", "order", "phase", "format", "files", "table", "import", "line",
    "policy", "plan", "decision", "service", "runner", "reader", "pool", "sink", "watch", "notifier", "systemd",
    "entry",
    "use", "rule", "catalog", "compute", "computed", "computation", "ending", "reading", "registration", "renewal",
    "portion", "answer", "shift", "held", "severity", "type", "definition", "local", "time", "expression", "field",
    "backoff", "migrator", "module", "staged", "and", "of",
  ]

  /// The words of a name: split at underscores, digits and capitals.
  private static func parts(_ name: String) -> [String] {
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

  /// Functions with the parameters of those that people call; relations, columns, indexes, triggers, types and values.
  private static func names() async throws -> [Name] {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let granted = try grantedRoutines()
    #expect(granted.count > 20)
    let rows = try await connection.query(
      """
      SELECT proname::text, 'function ' || proname, \(granted)::text[] @> ARRAY[proname::text], \
             coalesce(proargnames, '{}')::text[]
      FROM pg_proc WHERE pronamespace = 'twinmill'::regnamespace
      UNION ALL
      SELECT c.relname::text, 'relation ' || c.relname, c.relkind IN ('v', 'r', 'p', 'c'),
             ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped)
      FROM pg_class AS c
      WHERE c.relnamespace = 'twinmill'::regnamespace
        -- Not the partitions of days.
        AND (NOT c.relispartition OR c.relkind = 'r' AND c.relname LIKE '%default')
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid)
        -- The sequences of identity columns have made-up names.
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND c.relkind = 'S' AND deptype = 'i')
      UNION ALL
      SELECT tgname::text, 'trigger ' || tgname, false, '{}' FROM pg_trigger AS t
      JOIN pg_class AS c ON c.oid = t.tgrelid
      WHERE NOT tgisinternal AND c.relnamespace = 'twinmill'::regnamespace AND NOT c.relispartition
      UNION ALL
      SELECT typname::text, 'type ' || typname, true,
             ARRAY(SELECT enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid)
      FROM pg_type AS t WHERE typnamespace = 'twinmill'::regnamespace AND typtype = 'e'
      """)
    var names: [Name] = []
    for row in rows {
      let (name, object, isPublic, members) = try row.decode(String.self, String.self, Bool.self, [String].self)
      names.append(Name(text: name, object: object))
      if isPublic { names += members.filter { !$0.isEmpty }.map { Name(text: $0, object: object) } }
    }
    await connection.close()
    await database.drop()
    return names
  }

  /// Functions and views whose header grants them to a role of people: `-- Grant: twinmill_worker, twinmill_enqueue`.
  private static func grantedRoutines() throws -> [String] {
    try files(below: ["Sources", "Jobs"], suffix: ".sql").filter { path in
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let line = text.split(separator: "\n").first { $0.hasPrefix("-- Grant:") } ?? ""
      return ["twinmill_enqueue", "twinmill_operate", "twinmill_read"].contains { line.contains($0) }
    }.map { path in
      String(path.split(separator: "/").last?.dropLast(".sql".count) ?? "")
    }
  }

  /// The public types of the targets that others build on.
  private static func publicTypes() throws -> Set<String> {
    let pattern = #/public (?:final |indirect )*(?:struct|enum|class|actor|protocol|typealias) (\w+)/#
    var types: Set<String> = []
    for path in try files(below: ["Queue", "Worker", "Scheduler", "Twins"].map { "Sources/\($0)" }, suffix: ".swift") {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      types.formUnion(text.matches(of: pattern).map { String($0.1) })
    }
    return types
  }

  private static func files(below folders: [String], suffix: String) throws -> [String] {
    try folders.flatMap { folder in
      let root = "\(Golden.repository)/\(folder)"
      return try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.hasSuffix(suffix) }
        .map { "\(root)/\($0)" }
    }
  }
}

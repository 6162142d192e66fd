import FoundationEssentials
import Testing

@testable import Queue

/// Checks the files of functions, views and triggers of all modules and kinds, as the source tree holds them.
@Suite("Files of functions, views and triggers")
struct RoutineFileTests {
  private static let files: [(path: String, text: String)] = {
    var root = URL(filePath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    var files: [(path: String, text: String)] = []
    for top in ["Sources", "Jobs"] {
      let folder = root.path + "/" + top
      let below = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
      for path in below.sorted() where path.hasSuffix(".sql") {
        guard let data = FileManager.default.contents(atPath: folder + "/" + path) else { continue }
        files.append((top + "/" + path, String(decoding: data, as: UTF8.self)))
      }
    }
    return files
  }()

  private static func files(in folders: String...) -> [(path: String, text: String)] {
    files.filter { file in folders.contains { "/\(file.path)".contains("/\($0)/") } }
  }

  @Test("hold one CREATE of the file's name, a complete header and a comment, and nothing else")
  func shape() throws {
    let routines = Self.files(in: "Routines", "Views", "Triggers")
    #expect(routines.count > 95)
    for (path, text) in routines {
      let routine = try Routine(path: path, text: text)
      let lines = text.split(separator: "\n")
      let header = lines.prefix { $0.hasPrefix("--") }
      for key in ["-- Purpose: ", "-- Index: ", "-- Locks: ", "-- Rows: "] {
        #expect(header.contains { $0.hasPrefix(key) && $0.count > key.count + 3 }, "\(path) lacks \(key)")
      }
      // "-- Grant: none": its owner's business alone, as each trigger function is.
      #expect(
        header.contains { $0.hasPrefix("-- Grant: ") } == (routine.kind != .trigger), "\(path): who may use it?")
      if text.contains("RETURNS trigger") { #expect(routine.grants.isEmpty, "\(path): a trigger needs no grant") }
      let verbs = lines.filter { $0.first?.isUppercase == true && !$0.hasPrefix("CREATE ") }
        .compactMap { $0.split(separator: " ").first }
        .filter { ["COMMENT", "GRANT", "REVOKE", "DROP", "ALTER", "INSERT", "DELETE", "DO"].contains($0) }
      #expect(verbs.allSatisfy { $0 == "COMMENT" } && !verbs.isEmpty, "\(path): \(verbs)")
      let object =
        routine.kind == .trigger
        ? "TRIGGER \(routine.name) ON " : "\(routine.kind.rawValue.uppercased()) twinmill.\(routine.name)"
      #expect(text.contains("COMMENT ON \(object)"), "\(path) has no comment")
      if lines.contains(where: { !$0.hasPrefix("--") && $0.contains("SECURITY DEFINER") }) {
        #expect(text.contains("SET search_path = pg_catalog, pg_temp"), "\(path) does not pin its search path")
      }
    }
  }

  @Test("numbered steps hold none of them, and no number is given twice")
  func steps() {
    let steps = Self.files(in: "Tables")
    #expect(steps.count > 20)
    for (path, text) in steps {
      for line in text.split(separator: "\n") {
        for kind in ["FUNCTION", "VIEW", "TRIGGER"] {
          #expect(
            !line.contains("CREATE \(kind)") && !line.contains("CREATE OR REPLACE \(kind)"), "\(path): \(line)")
        }
      }
    }
    let numbers = steps.filter { $0.path.hasSuffix(".up.sql") }.compactMap {
      $0.path.split(separator: "/").last?.prefix(4)
    }
    // From 9001 on: examples.
    let own = numbers.filter { $0 < "9000" }.sorted()
    #expect(own.first == "0001" && Set(numbers).count == numbers.count)
  }

  @Test("W2: bodies of functions hold no backslash in a plain string, which means another text under old settings")
  func backslashes() throws {
    let plain = try Regex(#"(^|[^A-Za-z_])'[^']*\\[^']*'"#)
    for (path, text) in Self.files(in: "Routines") {
      // A COMMENT ON is read by migrations alone, which set standard_conforming_strings.
      let body = text.split(separator: "\nCOMMENT ON", maxSplits: 1).first ?? ""
      let lines = body.split(separator: "\n").filter { !$0.trimmingSpaces.hasPrefix("--") }
      for line in lines where line.contains("\\") {
        #expect(line.firstMatch(of: plain) == nil, "\(path): \(line)")
      }
    }
  }

  @Test("the queue's SQL names no table, function or kind of the modules above it")
  func upward() {
    let above = Self.files(in: "Sources/Twins/SQL", "Sources/Scheduler/SQL")
    let names = Set(
      above.filter { !$0.path.contains("/Tables/") && !$0.path.contains("/Statements/") }.compactMap { file in
        file.path.split(separator: "/").last.map { String($0.dropLast(4)) }
      }
    ).subtracting(["twin", "twin_exists", "unknown_twins", "guard"])
    #expect(names.count > 30)
    for (path, text) in Self.files where path.hasPrefix("Sources/Queue/SQL/") {
      let code = text.split(separator: "\n").filter { !$0.trimmingSpaces.hasPrefix("--") && !$0.contains("COMMENT") }
        .joined(separator: "\n")
      for name in names { #expect(!code.contains("twinmill.\(name)("), "\(path) calls \(name)") }
      for kind in ["'probe'", "'sweep'", "'prediction'", "'insight'", "@twins@"] {
        #expect(!code.contains(kind), "\(path) names \(kind)")
      }
    }
  }

  @Test("a file is refused that creates two things, or something of another name, or what has no schema")
  func faults() {
    let good = "CREATE OR REPLACE FUNCTION twinmill.one() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;"
    #expect(SchemaModule("m", files: [("Routines/one.sql", good)]).faults.isEmpty)
    for (name, text) in [
      ("one", good + "\n" + good), ("two", good), ("one", ""), ("one", good.replacing("OR REPLACE ", with: "")),
      ("one", good.replacing("twinmill.", with: "")),
    ] {
      let module = SchemaModule("m", files: [("Routines/\(name).sql", text)])
      #expect(module.faults.count == 1 && module.routines.isEmpty, "\(name): \(text)")
    }
    #expect(SchemaModule("m", files: [("Tables/0001_one.up.sql", "")]).faults.count == 1)
    #expect(SchemaModule("m", files: [("Tables/one.up.sql", ""), ("Tables/one.down.sql", "")]).faults.count == 1)
    #expect(SchemaModule("m", files: [("Tables/0001_one.sql", "")]).faults.count == 1)
    #expect(SchemaModule("m", files: [("Statements/one.sql", "SELECT 1")]).faults.isEmpty)
  }

  @Test("views come after the views that they read")
  func viewOrder() {
    let module = SchemaModule(
      "m",
      files: [
        ("Views/a.sql", "CREATE OR REPLACE VIEW twinmill.a AS SELECT * FROM twinmill.c;"),
        ("Views/b.sql", "CREATE OR REPLACE VIEW twinmill.b AS SELECT * FROM twinmill.bb;"),
        ("Views/c.sql", "CREATE OR REPLACE VIEW twinmill.c AS SELECT * FROM twinmill.b;"),
      ])
    let set = RoutineSet([module])
    #expect(set.routines.map(\.name) == ["b", "c", "a"] && set.faults.isEmpty)
    let circle = SchemaModule(
      "m", files: [("Views/b.sql", "CREATE OR REPLACE VIEW twinmill.b AS SELECT * FROM twinmill.a;")])
    #expect(
      RoutineSet([
        SchemaModule("n", files: [("Views/a.sql", "CREATE OR REPLACE VIEW twinmill.a AS TABLE twinmill.b;")]), circle,
      ]).faults.count == 1)
  }
}

import Foundation
import Testing

/// Kinds meet in tables: no folder of `Jobs/` uses what another one declares.
///
/// The folders are one target, so that a new kind is one line of the program and not also an import and a product; this
/// check is the wall between them.
@Suite("The walls between kinds")
struct KindWallTests {
  private static let jobs = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Jobs")

  /// Swift files of a folder, without comments and texts.
  private static func code(below folder: URL) throws -> [String] {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let found = (files?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    return try found.map { file in
      try String(contentsOf: file, encoding: .utf8)
        .replacing(/\/\/[^\n]*/, with: "")
        .replacing(/"""(?s:.)*?"""/, with: "\"\"")
        .replacing(/"[^"\n]*"/, with: "\"\"")
    }
  }

  /// Types at the head of a file.
  private static func types(in code: String) -> [String] {
    code.matches(of: /(?m)^(?:public )?(?:struct|enum|(?:final )?class|protocol|actor|typealias) (\w+)/)
      .map { String($0.1) }
  }

  /// Functions and properties that are added to types.
  private static func additions(in code: String) -> [String] {
    code.matches(of: /(?m)^extension [^{]*\{\n((?s:.)*?)^\}/).flatMap { block in
      block.1.matches(of: /(?m)^  (?:static |mutating )?(?:func|var) (\w+)/).map { String($0.1) }
    }
  }

  /// Functions, properties, variables and cases.
  private static func members(in code: String) -> [String] {
    code.matches(of: /\b(?:func|var|let|case|for) (\w+)/).map { String($0.1) }
  }

  @Test("no kind uses what another kind declares")
  func walls() throws {
    let folders = try FileManager.default.contentsOfDirectory(at: Self.jobs, includingPropertiesForKeys: nil)
      .filter(\.hasDirectoryPath)
    #expect(folders.count >= 7)
    var code: [String: [String]] = [:]
    for folder in folders { code[folder.lastPathComponent] = try Self.code(below: folder) }
    let sources = try Set(Self.code(below: Self.jobs.appending(path: "../Sources")).flatMap(Self.members))
    for (kind, files) in code {
      let types = Set(files.flatMap(Self.types))
      #expect(types.contains(kind), "\(kind)/ holds the kind \(kind)")
      // A name that stands elsewhere as well says nothing.
      let additions = Set(files.flatMap(Self.additions)).subtracting(sources)
      for (other, files) in code where other != kind {
        let words = files.reduce(into: Set<String>()) { $0.formUnion($1.matches(of: /\w+/).map { String($0.output) }) }
        let foreign = types.union(additions).intersection(words).subtracting(files.flatMap(Self.types))
          .subtracting(files.flatMap(Self.members))
        #expect(foreign.isEmpty, "\(other)/ uses \(foreign.sorted()) of \(kind)/")
      }
    }
  }
}

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

  /// Types at the head of a file, and functions and properties added to types of other modules.
  private static func declarations(in code: String) -> Set<String> {
    var names = Set(
      code.matches(of: /(?m)^(?:public )?(?:struct|enum|(?:final )?class|protocol|actor|typealias) (\w+)/).map {
        String($0.1)
      })
    for block in code.matches(of: /(?m)^extension [^{]*\{\n((?s:.)*?)^\}/) {
      names.formUnion(
        String(block.1).matches(of: /(?m)^  (?:static |mutating )?(?:func|var) (\w+)/).map { String($0.1) })
    }
    return names
  }

  @Test("no kind uses what another kind declares")
  func walls() throws {
    let folders = try FileManager.default.contentsOfDirectory(at: Self.jobs, includingPropertiesForKeys: nil)
      .filter(\.hasDirectoryPath)
    #expect(folders.count >= 7)
    var code: [String: [String]] = [:]
    for folder in folders { code[folder.lastPathComponent] = try Self.code(below: folder) }
    for (kind, files) in code {
      let names = files.reduce(into: Set<String>()) { $0.formUnion(Self.declarations(in: $1)) }
      #expect(names.contains(kind), "\(kind)/ holds the kind \(kind)")
      for (other, files) in code where other != kind {
        let own = files.reduce(into: Set<String>()) { $0.formUnion(Self.declarations(in: $1)) }
        let used = files.reduce(into: Set<Substring>()) { $0.formUnion($1.matches(of: /\w+/).map(\.output)) }
        // `JobKind` asks every kind for these.
        let foreign = names.subtracting(own).subtracting(["name", "json"]).filter { used.contains(Substring($0)) }
        #expect(foreign.isEmpty, "\(other)/ uses \(foreign.sorted()) of \(kind)/")
      }
    }
  }
}

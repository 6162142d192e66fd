import FoundationEssentials
import Yams

// Without this, a setting with a slip in its name would be ignored in silence.
extension Settings {
  /// All settings, as a file names them.
  static let keys = Set(Setting.all.filter(\.isInFile).map(\.key))

  /// Variables of the tests and checks of this repository, and of private servers.
  private static let testing = {
    var testing = [
      "TWINMILL_FUZZ_", "TWINMILL_ALL", "TWINMILL_BENCH", "TWINMILL_DATA", "TWINMILL_SEED", "TWINMILL_RENEW_GOLDEN",
      "TWINMILL_WITHOUT_POSTGRES", "TWINMILL_SERVER_BINARIES",
    ]
    #if FAULT_INJECTION
      testing += ["TWINMILL_TEST_", "TWINMILL_FAILPOINT"]
    #endif
    return testing
  }()

  /// Variables that look like settings and are none, each in a sentence for the log.
  static func unknownKeys(amongVariables names: some Sequence<String>) -> [String] {
    let known = Set(Setting.all.map(\.variable))
    return names.filter { name in
      name.hasPrefix("TWINMILL_") && !known.contains(name) && !testing.contains { name.hasPrefix($0) }
    }.sorted().map { unknown($0, among: known) }
  }

  /// Keys of a file that are no settings, each in a sentence for the log.
  /// - Throws: what is wrong with the file.
  static func unknownKeys(inFile path: String) throws -> [String] {
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    let names = try Yams.compose(yaml: text).map { paths(in: $0) } ?? []
    return names.filter { !keys.contains($0) }.sorted().map { "TWINMILL_CONFIG=\(path): " + unknown($0, among: keys) }
  }

  /// Refuses a file that is not there or is not YAML. The error names the place and shows nothing of the text, which may
  /// hold the database's password.
  static func checkSyntax(ofFile path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw SettingsError(
        "TWINMILL_CONFIG=\(path): File not found at path: \(path). Correct the path, or unset the variable.")
    }
    let text: String
    do {
      text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    } catch {
      throw SettingsError("TWINMILL_CONFIG=\(path): \(error) Correct the path, or unset the variable.")
    }
    do {
      _ = try Yams.compose(yaml: text)
    } catch {
      let place =
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
          "line \(mark.line), column \(mark.column): \(problem)"
        case .composer(_, _, let mark, _): "line \(mark.line), column \(mark.column)"
        default: "its text"
        }
      throw SettingsError(
        "TWINMILL_CONFIG=\(path): \(place): this is not YAML. Correct the file; its text is not shown here, because it "
          + "may hold a password.")
    }
  }

  /// The keys of nested mappings, joined by dots.
  private static func paths(in node: Node) -> [String] {
    guard case .mapping(let mapping) = node else { return [] }
    return mapping.flatMap { key, value in
      let name = key.string ?? "?"
      guard case .mapping = value else { return [name] }
      return paths(in: value).map { "\(name).\($0)" }
    }
  }

  private static func unknown(_ name: String, among known: Set<String>) -> String {
    // A name that only lacks its end, such as the unit, is nearer than any slip.
    let nearest = known.map { known in
      (distance: known.hasPrefix(name) ? 0 : distance(known.lowercased(), name.lowercased()), name: known)
    }.min { $0 < $1 }
    return "unknown setting \(name) is ignored" + (nearest.map { "; did you mean \($0.name)?" } ?? "")
  }

  /// Levenshtein (1966): how many characters to insert, leave out or change.
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (i, character) in left.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in right.indices {
        let change = diagonal + (right[j] == character ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(change, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}

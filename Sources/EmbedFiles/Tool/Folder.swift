/// A folder of embedded files and what it becomes in Swift: an enum of the folder's name.
///
/// A folder `Faults` is there only where `FAULT_INJECTION` is defined, in debug builds, and `Embedded.files` leaves its
/// files out.
struct Folder {
  private static let debugOnly = "Faults"

  private var folders: [String: Folder] = [:]
  private var files: [String: String] = [:]

  /// Adds a file by its path below this folder.
  mutating func add(_ path: [String], text: String) {
    if path.count == 1 {
      files[path[0]] = text
    } else {
      folders[path[0], default: Folder()].add(Array(path.dropFirst()), text: text)
    }
  }

  /// The members of the folder's enum, each line indented by `depth` steps; the lines of texts are not.
  func members(depth: Int) -> String {
    let indent = String(repeating: "  ", count: depth)
    var code = ""
    for (name, text) in files.sorted(by: { $0.key < $1.key }) {
      code += "\(indent)static var \(Self.identifier(name)): String {\n\(Self.literal(text))\n\(indent)}\n"
    }
    for (name, folder) in folders.sorted(by: { $0.key < $1.key }) {
      let members = "\(indent)enum \(Self.identifier(name)) {\n\(folder.members(depth: depth + 1))\(indent)}\n"
      code += name == Self.debugOnly ? "#if FAULT_INJECTION\n\(members)#endif\n" : members
    }
    return code
  }

  /// Lines `("path", text),` for every file below this folder, by path.
  func entries(path: [String] = []) -> [String] {
    let own = files.keys.map { (path + [$0]) }
    let lines = own.map { full in
      let reference = (["Embedded"] + full.map(Self.identifier)).joined(separator: ".")
      return "    (\"\(full.joined(separator: "/"))\", \(reference)),"
    }
    let listed = folders.filter { $0.key != Self.debugOnly }.sorted { $0.key < $1.key }
    return lines.sorted() + listed.flatMap { $0.value.entries(path: path + [$0.key]) }
  }

  /// A name of a file or folder as a Swift identifier: without `.sql`, and `_` for whatever no identifier has.
  static func identifier(_ name: String) -> String {
    let stem = name.hasSuffix(".sql") ? String(name.dropLast(4)) : name
    let safe = String(stem.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    return "`\(safe.first.map(\.isNumber) == true ? "_" + safe : safe)`"
  }

  /// A raw string literal that holds exactly this text.
  static func literal(_ text: String) -> String {
    var fence = "#"
    while text.contains("\"\"\"" + fence) { fence += "#" }
    return "\(fence)\"\"\"\n\(text)\n\"\"\"\(fence)"
  }
}

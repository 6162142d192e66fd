import FoundationEssentials

/// Writes a Swift file that holds the text of other files.
///
/// Usage: `EmbedFilesTool FOLDER OUTPUT FILE…`, each file below `FOLDER`. The output has, for `SQL/Routines/wake.sql`,
/// `Embedded.SQL.Routines.wake`, so that a file that is missing is an error of the compiler; and `Embedded.files`, the
/// paths and texts of all files, so that a new file needs no line of code.
///
/// SwiftPM's own `embedInCode` writes arrays of bytes: six times the size of the text for the compiler to read, one flat
/// list of names for a whole target, and no list to walk.
@main
enum EmbedFilesTool {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3 else { throw EmbedError("usage: EmbedFilesTool FOLDER OUTPUT FILE…") }
    let root = arguments[1].hasSuffix("/") ? arguments[1] : arguments[1] + "/"
    var folder = Folder()
    for path in arguments.dropFirst(3) {
      guard path.hasPrefix(root) else { throw EmbedError("\(path) is not below \(root)") }
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\0"), !text.contains("\r") else {
        throw EmbedError("\(path): must be UTF-8 with Unix line ends; convert the file")
      }
      folder.add(path.dropFirst(root.count).split(separator: "/").map(String.init), text: text)
    }
    let code = """
      // Made from the files of this target. Edit those.

      enum Embedded {
      \(folder.members(depth: 1))
        /// Path below the target's folder, and text, by folder and name.
        static let files: [(path: String, text: String)] = [
      \(folder.entries().joined(separator: "\n"))
        ]

        /// The texts of all files below a folder, by name.
        static func files(under folder: String) -> [(path: String, text: String)] {
          files.filter { $0.path.hasPrefix(folder + "/") }
        }

        /// The text of a file whose name is not known before the program runs; nil: there is no such file.
        static func text(_ path: String) -> String? {
          files.first { $0.path == path }?.text
        }
      }

      """
    try Data(code.utf8).write(to: URL(fileURLWithPath: arguments[2]), options: .atomic)
  }
}

/// Why nothing was written.
struct EmbedError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

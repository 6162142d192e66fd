/// A function, view or trigger of the database: one file with its current text, applied whenever its text changes.
///
/// The file begins with a header of comment lines (purpose, index, locks, rows), which ends the questions of a reader and
/// may hold two lines for the program:
///
/// - `-- Grant: role, role`: these roles may execute the function, or read the view, where they exist; every other role
///   of Twinmill loses that right. `-- Grant: none` leaves the object to its owner;
/// - `-- Overridable`: a module that comes later may bring a routine of the same name and parameters, which then counts.
///
/// Then follow one CREATE, whose name is the file's, and its COMMENT ON.
public struct Routine: Sendable {
  /// The kind of object that the file creates.
  public enum Kind: String, Sendable {
    /// `CREATE OR REPLACE FUNCTION twinmill.name(…)`.
    case function
    /// `CREATE OR REPLACE VIEW twinmill.name`.
    case view
    /// `CREATE TRIGGER name … ON twinmill.table`.
    case trigger
  }

  /// The kind of object that the file creates.
  public let kind: Kind
  /// Its name, without the schema.
  public let name: String
  /// The file's text; `@twins@` stands for the schema of the twin tables.
  public let text: String
  /// Roles that may use it.
  public let grants: [String]
  /// Whether a later module may replace it.
  public let isOverridable: Bool
  /// The table of a trigger, with its schema; nil for others.
  let table: String?
  /// A function's parameters as they are written, blanks put together: what two functions must have in common for one to
  /// replace the other.
  let parameters: String
  /// Tells one text from another.
  let checksum: String

  /// Reads a routine from its file.
  /// - Throws: what is wrong with the file.
  init(path: String, text: String) throws(RoutineFault) {
    let file = path.split(separator: "/").last.map { String($0).replacing(".sql", with: "") } ?? path
    // By bytes: a program that starts reads a hundred files, and splitting by characters takes ten times as long.
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Substring.init)
    let starts = lines.indices.filter { lines[$0].hasPrefix("CREATE ") }
    guard starts.count == 1, let start = starts.first else {
      throw RoutineFault(path, "must hold one CREATE, not \(starts.count)")
    }
    let header = lines[..<start]
    let create = text[lines[start].startIndex...]
    let words = create.split(maxSplits: 8, whereSeparator: { " \n(".contains($0) }).map(String.init)
    if words.starts(with: ["CREATE", "OR", "REPLACE", "FUNCTION"]) {
      (kind, table) = (.function, nil)
      name = try Self.local(words[4], path)
    } else if words.starts(with: ["CREATE", "OR", "REPLACE", "VIEW"]) {
      (kind, table) = (.view, nil)
      name = try Self.local(words[4], path)
    } else if let place = words.prefix(3).firstIndex(of: "TRIGGER"), let on = create.firstRange(of: " ON ") {
      kind = .trigger
      name = words[place + 1]
      table = String(create[on.upperBound...].prefix { !$0.isWhitespace })
    } else {
      throw RoutineFault(
        path, "must begin with CREATE OR REPLACE FUNCTION, CREATE OR REPLACE VIEW or CREATE [CONSTRAINT] TRIGGER")
    }
    guard name == file else { throw RoutineFault(path, "creates \(name): give the file that name") }
    parameters = kind == .function ? Self.parentheses(in: create) : ""
    grants = header.flatMap { line in
      line.hasPrefix("-- Grant:")
        ? line.dropFirst(9).split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty && $0 != "none" } : []
    }
    isOverridable = header.contains { $0.trimmingSpaces == "-- Overridable" }
    self.text = text
    checksum = Self.checksum(of: text)
  }

  /// How the routine is called in messages.
  public var title: String { "\(kind.rawValue) \(name)" }

  /// Two routines of one key are the same thing in the database.
  var key: String { "\(kind.rawValue) \(name)\(table.map { " on \($0)" } ?? "")" }

  /// The relations and functions of the schema that the text names, without the schema.
  var mentioned: Set<String> {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    var names: Set<String> = []
    for (before, after) in zip(parts, parts.dropFirst()) where before.suffix(8).elementsEqual("twinmill".utf8) {
      names.insert(
        String(
          Substring(
            after.prefix { byte in
              let character = Character(UnicodeScalar(byte))
              return character.isLetter || character.isNumber || character == "_"
            })))
    }
    return names
  }

  private static func local(_ name: String, _ path: String) throws(RoutineFault) -> String {
    guard name.hasPrefix("twinmill.") else { throw RoutineFault(path, "creates \(name): name the schema, twinmill") }
    return String(name.dropFirst("twinmill.".count))
  }

  /// The text in the first pair of parentheses.
  private static func parentheses(in text: Substring) -> String {
    var depth = 0
    var inside = ""
    for character in text.drop(while: { $0 != "(" }) {
      if character == ")" { depth -= 1 }
      if depth == 0 && character == ")" { break }
      if depth > 0 { inside.append(character) }
      if character == "(" { depth += 1 }
    }
    return inside.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// 128-bit FNV-1a: the same on every machine. No defence against collisions that somebody makes on purpose.
  private static func checksum(of text: String) -> String {
    var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
    for byte in text.utf8 { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b }
    return String(hash, radix: 16)
  }
}

/// A fault of a file of the schema.
struct RoutineFault: Error, Sendable {
  /// The file's path and its fault, in words.
  let message: String

  init(_ path: String, _ message: String) {
    self.message = "\(path): \(message)"
  }
}

// Text in its many guises.

extension String: PostgresCodable {
  /// `text`; for a column of an enum or another type without a cast from text, send `UntypedText`.
  public static var postgresType: PostgresType { .text }

  /// The UTF-8 bytes.
  /// - Throws: kind `encoding` for a text with a NUL character, which PostgreSQL cannot store.
  public func encode(into buffer: inout [UInt8]) throws(PostgresError) {
    let start = buffer.count
    var text = self
    text.withUTF8 { buffer.append(contentsOf: $0) }
    if buffer[start...].contains(0) {
      throw PostgresError(.encoding, "a text with a NUL character (U+0000) cannot be stored", sqlstate: "22021")
    }
  }

  /// Reads `text`, `varchar`, `char`, `name`, `json`, `jsonb`, `xml`, literals without a type, and user-defined types
  /// whose binary form is text (enums, citext).
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> String {
    var bytes = try cell.required("text")
    switch cell.type {
    case .text, .varchar, .bpchar, .name, .json, .xml, .unknown, .unspecified, .char: break
    case .jsonb:
      guard bytes.first == 1 else { throw cell.malformed(expected: "jsonb, version 1") }
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    case .void: return ""
    case let type where type.isUserDefined && !bytes.contains(0): break
    default: throw cell.mismatch(expected: "text")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw cell.malformed(expected: "text in UTF-8") }
    return text
  }
}

/// A text whose type the server infers from where it stands: for enums and other types that have no cast from `text`.
public struct UntypedText: PostgresEncodable, ExpressibleByStringLiteral, Hashable {
  /// The value as it would stand between quotes in SQL.
  public let text: String
  /// A value by its SQL text.
  public init(_ text: String) { self.text = text }
  /// A value by its SQL text.
  public init(stringLiteral value: String) { text = value }
  /// Left to the server.
  public static var postgresType: PostgresType { .unspecified }
  /// Text.
  public static var postgresFormat: PostgresFormat { .text }
  /// The UTF-8 bytes.
  public func encode(into buffer: inout [UInt8]) throws(PostgresError) { try text.encode(into: &buffer) }
}

/// A JSON document as text; the server checks and normalises it (`jsonb`).
public struct JSON: PostgresCodable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The document.
  public let text: String
  /// A document by its text, which is not checked here: the server refuses what is no JSON (22P02).
  public init(text: String) { self.text = text }
  /// A document by its text.
  public init(_ text: String) { self.text = text }
  /// A document by its text.
  public init(stringLiteral value: String) { text = value }
  /// The document.
  public var description: String { text }

  /// Text as a JSON string literal, with its quotes.
  public static func literal(_ string: String) -> String {
    var literal = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case "\n": literal += "\\n"
      case "\r": literal += "\\r"
      case "\t": literal += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }

  /// `jsonb`
  public static var postgresType: PostgresType { .jsonb }

  /// A version byte, then the text.
  public func encode(into buffer: inout [UInt8]) throws(PostgresError) {
    buffer.append(1)
    try text.encode(into: &buffer)
  }

  /// Reads `json`, `jsonb` or `text`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> JSON {
    switch cell.type {
    case .json, .jsonb, .text, .unknown:
      return JSON(text: try String.decode(cell))
    case .unspecified:
      // In a COPY the type is not told; only jsonb begins with a byte 1, which no JSON text can.
      let bytes = try cell.required("jsonb")
      let isBinary = bytes.first == 1
      return JSON(
        text: try String.decode(
          PostgresCell(bytes: bytes, type: isBinary ? .jsonb : .json, source: cell.source)))
    default:
      _ = try cell.required("jsonb")
      throw cell.mismatch(expected: "jsonb")
    }
  }
}

import CLibpq

/// A Swift value that can be a parameter.
public protocol PostgresEncodable: Sendable {
  /// The type that the parameter is declared as; `.unspecified` lets the server infer it.
  static var postgresType: PostgresType { get }
  /// The format of the bytes that `encode` appends; binary unless stated.
  static var postgresFormat: PostgresFormat { get }
  /// Appends the value's bytes, without a length.
  /// - Throws: `PostgresError` of kind `encoding` if the server has no such value.
  func encode(into buffer: inout [UInt8]) throws(PostgresError)
}

extension PostgresEncodable {
  /// Binary, as for all types of this module but `UntypedText`.
  public static var postgresFormat: PostgresFormat { .binary }
}

/// How a value's bytes are written.
public enum PostgresFormat: Int32, Sendable {
  /// As in SQL text.
  case text = 0
  /// The server's binary send/receive format.
  case binary = 1
}

/// A Swift value that can be read from a column.
public protocol PostgresDecodable: Sendable {
  /// Reads the value.
  /// - Throws: `PostgresError` of kind `decoding` that names the column, the expected and the actual type.
  static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self
}

/// Both ways.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

/// One value of an answer: its bytes, type and column. Valid only while `decode` runs.
public struct PostgresCell {
  /// The bytes; nil for NULL. They belong to the answer: copy what must outlive `decode`.
  let bytes: UnsafeRawBufferPointer?
  /// The type that the server says the column has; `.unspecified` in a binary COPY.
  public let type: PostgresType
  /// Where the column's name is, should an error need it: a `PGresult` (nil in a COPY), and the column's number from 0.
  let source: (result: OpaquePointer?, column: Int32)

  /// The column's name, or its number from 1 in a COPY.
  public var column: String {
    guard let result = source.result, let name = PQfname(result, source.column) else { return "\(source.column + 1)" }
    return String(cString: name)
  }
  /// True for SQL's NULL.
  public var isNull: Bool { bytes == nil }

  /// The bytes of a value that must not be NULL.
  @inline(__always)
  func required(_ expected: @autoclosure () -> String) throws(PostgresError) -> UnsafeRawBufferPointer {
    if let bytes { return bytes }
    throw PostgresError(
      .decoding, "column \"\(column)\" is NULL, expected \(expected())",
      hint: "decode it as an optional, or make the statement return no NULL")
  }

  /// The error for a value of another type.
  public func mismatch(expected: String) -> PostgresError {
    PostgresError(
      .decoding, "column \"\(column)\" is of type \(type), expected \(expected)",
      hint: "cast the column in the statement, or decode it as its own type")
  }

  /// The error for bytes that are no value of the type.
  public func malformed(expected: String) -> PostgresError {
    PostgresError(
      .decoding, "column \"\(column)\" holds \(bytes?.count ?? 0) bytes that are no value of \(expected) (\(type))")
  }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  /// NULL is nil.
  @inlinable public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Wrapped? {
    cell.isNull ? nil : try Wrapped.decode(cell)
  }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
  /// The type of the raw value.
  public static var postgresType: PostgresType { RawValue.postgresType }
  /// The format of the raw value.
  public static var postgresFormat: PostgresFormat { RawValue.postgresFormat }
  /// Appends the raw value.
  public func encode(into buffer: inout [UInt8]) throws(PostgresError) {
    try rawValue.encode(into: &buffer)
  }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
  /// Reads the raw value; an unknown one is a decoding error.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self {
    let raw = try RawValue.decode(cell)
    guard let value = Self(rawValue: raw) else {
      throw PostgresError(.decoding, "column \"\(cell.column)\" holds a value that is no \(Self.self)")
    }
    return value
  }
}

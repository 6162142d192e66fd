import FoundationEssentials

/// A type that can be an element of an array parameter or column.
///
/// Arrays are one-dimensional. `[T?]` holds NULL elements. `[UInt8]` is a `bytea`, not an array.
public protocol PostgresArrayElement: Sendable {
  /// The type of an array of these.
  static var postgresArrayType: PostgresType { get }
  /// Appends an array in the server's binary form.
  static func encodeArray(_ elements: [Self], into buffer: inout [UInt8]) throws(PostgresError)
  /// Reads an array from the server's binary form.
  static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Self]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
  /// The element's array type.
  public static var postgresType: PostgresType { Element.postgresArrayType }
  /// Appends the array.
  public func encode(into buffer: inout [UInt8]) throws(PostgresError) {
    try Element.encodeArray(self, into: &buffer)
  }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
  /// Reads the array.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> [Element] {
    try Element.decodeArray(cell)
  }
}

/// The layout of an array: dimensions, a flag for NULLs, the element type; per dimension length and lower bound; then
/// the elements behind their lengths (-1 for NULL).
private func encodeElements<T>(
  _ elements: [T], hasNulls: Bool, type: PostgresType, into buffer: inout [UInt8],
  _ encode: (T, inout [UInt8]) throws(PostgresError) -> Void
) throws(PostgresError) {
  buffer.append(bigEndian: Int32(elements.isEmpty ? 0 : 1))
  buffer.append(bigEndian: Int32(hasNulls ? 1 : 0))
  buffer.append(bigEndian: type.rawValue)
  if elements.isEmpty { return }
  guard let count = Int32(exactly: elements.count) else {
    throw PostgresError(.encoding, "an array of \(elements.count) elements is longer than the server takes")
  }
  buffer.append(bigEndian: count)
  buffer.append(bigEndian: Int32(1))
  for element in elements { try encode(element, &buffer) }
}

/// Walks over an array's elements.
private func decodeElements<T>(
  _ cell: PostgresCell, _ name: @autoclosure () -> String, _ decode: (PostgresCell) throws(PostgresError) -> T
) throws(PostgresError) -> [T] {
  let bytes = try cell.required(name())
  guard bytes.count >= 12 else { throw cell.mismatch(expected: name()) }
  let dimensions: Int32 = bytes.integer(at: 0)
  let type = PostgresType(bytes.integer(at: 8, as: UInt32.self))
  if dimensions == 0, bytes.count == 12 { return [] }
  guard dimensions == 1 else {
    guard (2...6).contains(dimensions) else { throw cell.mismatch(expected: name()) }
    throw PostgresError(
      .decoding, "column \"\(cell.column)\" holds an array of \(dimensions) dimensions, expected one",
      hint: "return one array per row, or unnest it")
  }
  guard bytes.count >= 20 else { throw cell.malformed(expected: name()) }
  let count = Int(bytes.integer(at: 12, as: Int32.self))
  guard count >= 0, count <= (bytes.count - 20) / 4 else { throw cell.malformed(expected: name()) }
  var elements: [T] = []
  elements.reserveCapacity(count)
  var offset = 20
  for _ in 0..<count {
    guard offset + 4 <= bytes.count else { throw cell.malformed(expected: name()) }
    let length = Int(bytes.integer(at: offset, as: Int32.self))
    offset += 4
    var value: UnsafeRawBufferPointer?
    if length >= 0 {
      guard length <= bytes.count - offset else { throw cell.malformed(expected: name()) }
      value = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
      offset += length
    }
    elements.append(try decode(PostgresCell(bytes: value, type: type, source: cell.source)))
  }
  return elements
}

extension PostgresArrayElement where Self: PostgresCodable {
  /// Appends the elements one by one.
  public static func encodeArray(_ elements: [Self], into buffer: inout [UInt8]) throws(PostgresError) {
    try encodeElements(elements, hasNulls: false, type: postgresType, into: &buffer) {
      (element, buffer) throws(PostgresError) in
      try buffer.appendSized { (buffer) throws(PostgresError) in try element.encode(into: &buffer) }
    }
  }

  /// Reads the elements one by one; a NULL among them is an error.
  public static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Self] {
    try decodeElements(cell, "\(postgresType)[]") { (cell) throws(PostgresError) in try decode(cell) }
  }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresCodable & PostgresArrayElement {
  /// The wrapped type's array.
  public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }

  /// Appends the elements one by one, nil as NULL.
  public static func encodeArray(_ elements: [Wrapped?], into buffer: inout [UInt8]) throws(PostgresError) {
    let hasNulls = elements.contains { $0 == nil }
    try encodeElements(elements, hasNulls: hasNulls, type: Wrapped.postgresType, into: &buffer) {
      (element, buffer) throws(PostgresError) in
      if let element {
        try buffer.appendSized { (buffer) throws(PostgresError) in try element.encode(into: &buffer) }
      } else {
        buffer.append(bigEndian: Int32(-1))
      }
    }
  }

  /// Reads the elements one by one, NULL as nil.
  public static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Wrapped?] {
    try decodeElements(cell, "\(Wrapped.postgresType)[]") { (cell) throws(PostgresError) in
      try Wrapped?.decode(cell)
    }
  }
}

extension UInt8: PostgresArrayElement {
  /// `[UInt8]` is a `bytea`.
  public static var postgresArrayType: PostgresType { .bytea }
  /// The bytes as they are.
  public static func encodeArray(_ elements: [UInt8], into buffer: inout [UInt8]) {
    buffer.append(contentsOf: elements)
  }
  /// Reads a `bytea`.
  public static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [UInt8] {
    let bytes = try cell.required("bytea")
    guard cell.type == .bytea || cell.type == .unspecified else { throw cell.mismatch(expected: "bytea") }
    return [UInt8](bytes)
  }
}

extension Array: PostgresArrayElement where Element == UInt8 {
  /// `bytea[]`
  public static var postgresArrayType: PostgresType { .byteaArray }
}
extension Bool: PostgresArrayElement {
  /// `boolean[]`
  public static var postgresArrayType: PostgresType { .boolArray }
}
extension Int16: PostgresArrayElement {
  /// `smallint[]`
  public static var postgresArrayType: PostgresType { .int2Array }
}
extension Int32: PostgresArrayElement {
  /// `integer[]`
  public static var postgresArrayType: PostgresType { .int4Array }
}
extension Int64: PostgresArrayElement {
  /// `bigint[]`
  public static var postgresArrayType: PostgresType { .int8Array }
}
extension Int: PostgresArrayElement {
  /// `bigint[]`
  public static var postgresArrayType: PostgresType { .int8Array }
}
extension Float: PostgresArrayElement {
  /// `real[]`
  public static var postgresArrayType: PostgresType { .float4Array }
}
extension Double: PostgresArrayElement {
  /// `double precision[]`
  public static var postgresArrayType: PostgresType { .float8Array }
}
extension String: PostgresArrayElement {
  /// `text[]`
  public static var postgresArrayType: PostgresType { .textArray }
}
extension JSON: PostgresArrayElement {
  /// `jsonb[]`
  public static var postgresArrayType: PostgresType { .jsonbArray }
}
extension UUID: PostgresArrayElement {
  /// `uuid[]`
  public static var postgresArrayType: PostgresType { .uuidArray }
}
extension Data: PostgresArrayElement {
  /// `bytea[]`
  public static var postgresArrayType: PostgresType { .byteaArray }
}
extension Date: PostgresArrayElement {
  /// `timestamptz[]`
  public static var postgresArrayType: PostgresType { .timestamptzArray }
}
extension CalendarDate: PostgresArrayElement {
  /// `date[]`
  public static var postgresArrayType: PostgresType { .dateArray }
}
extension PostgresInterval: PostgresArrayElement {
  /// `interval[]`
  public static var postgresArrayType: PostgresType { .intervalArray }
}
extension Numeric: PostgresArrayElement {
  /// `numeric[]`
  public static var postgresArrayType: PostgresType { .numericArray }
}

// Booleans, integers and floating point numbers.

extension Bool: PostgresCodable {
  /// `boolean`
  public static var postgresType: PostgresType { .bool }
  /// One byte, 0 or 1.
  public func encode(into buffer: inout [UInt8]) { buffer.append(self ? 1 : 0) }
  /// Reads a `boolean`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Bool {
    let bytes = try cell.required("boolean")
    guard cell.type == .bool || cell.type == .unspecified else { throw cell.mismatch(expected: "boolean") }
    guard bytes.count == 1 else { throw cell.malformed(expected: "boolean") }
    return bytes[0] != 0
  }
}

/// Reads any integer column that always fits into `I`.
@inline(__always)
private func decodeInteger<I: FixedWidthInteger>(
  _ cell: PostgresCell, _ expected: @autoclosure () -> String
) throws(PostgresError) -> I {
  let bytes = try cell.required(expected())
  let width =
    switch cell.type {
    case .int8: 8
    case .int4: 4
    case .int2: 2
    case .oid: 4
    case .unspecified: bytes.count
    default: 0
    }
  // An oid is unsigned: it needs one bit more than an Int32 has.
  guard width > 0, width * 8 <= I.bitWidth, cell.type != .oid || I.bitWidth == 64 else {
    throw cell.mismatch(expected: expected())
  }
  guard bytes.count == width else { throw cell.malformed(expected: expected()) }
  switch width {
  case 8: return I(truncatingIfNeeded: bytes.integer(as: Int64.self))
  case 4 where cell.type == .oid: return I(truncatingIfNeeded: bytes.integer(as: UInt32.self))
  case 4: return I(truncatingIfNeeded: bytes.integer(as: Int32.self))
  case 2: return I(truncatingIfNeeded: bytes.integer(as: Int16.self))
  default: throw cell.malformed(expected: expected())
  }
}

extension Int16: PostgresCodable {
  /// `smallint`
  public static var postgresType: PostgresType { .int2 }
  /// Two bytes.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: self) }
  /// Reads a `smallint`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int16 {
    try decodeInteger(cell, "smallint")
  }
}

extension Int32: PostgresCodable {
  /// `integer`
  public static var postgresType: PostgresType { .int4 }
  /// Four bytes.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: self) }
  /// Reads an `integer` or `smallint`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int32 {
    try decodeInteger(cell, "integer")
  }
}

extension Int64: PostgresCodable {
  /// `bigint`
  public static var postgresType: PostgresType { .int8 }
  /// Eight bytes.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: self) }
  /// Reads a `bigint`, `integer`, `smallint` or `oid`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int64 {
    try decodeInteger(cell, "bigint")
  }
}

extension Int: PostgresCodable {
  /// `bigint`
  public static var postgresType: PostgresType { .int8 }
  /// Eight bytes.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: Int64(self)) }
  /// Reads a `bigint`, `integer`, `smallint` or `oid`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Int {
    try decodeInteger(cell, "bigint")
  }
}

extension Float: PostgresCodable {
  /// `real`
  public static var postgresType: PostgresType { .float4 }
  /// Four bytes, IEEE 754.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: bitPattern) }
  /// Reads a `real`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Float {
    let bytes = try cell.required("real")
    guard cell.type == .float4 || cell.type == .unspecified else { throw cell.mismatch(expected: "real") }
    guard bytes.count == 4 else { throw cell.malformed(expected: "real") }
    return Float(bitPattern: bytes.integer())
  }
}

extension Double: PostgresCodable {
  /// `double precision`
  public static var postgresType: PostgresType { .float8 }
  /// Eight bytes, IEEE 754.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: bitPattern) }
  /// Reads a `double precision` or `real`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Double {
    let bytes = try cell.required("double precision")
    switch (cell.type, bytes.count) {
    case (.float8, 8), (.unspecified, 8): return Double(bitPattern: bytes.integer())
    case (.float4, 4), (.unspecified, 4): return Double(Float(bitPattern: bytes.integer()))
    case (.float8, _), (.float4, _), (.unspecified, _): throw cell.malformed(expected: "double precision")
    default: throw cell.mismatch(expected: "double precision")
    }
  }
}

import FoundationEssentials

// uuid and bytea.

extension UUID: PostgresCodable {
  /// `uuid`
  public static var postgresType: PostgresType { .uuid }
  /// Sixteen bytes.
  public func encode(into buffer: inout [UInt8]) {
    withUnsafeBytes(of: uuid) { buffer.append(contentsOf: $0) }
  }
  /// Reads a `uuid`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> UUID {
    let bytes = try cell.required("uuid")
    guard cell.type == .uuid || cell.type == .unspecified else { throw cell.mismatch(expected: "uuid") }
    guard bytes.count == 16 else { throw cell.malformed(expected: "uuid") }
    return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
  }
}

extension Data: PostgresCodable {
  /// `bytea`
  public static var postgresType: PostgresType { .bytea }
  /// The bytes as they are.
  public func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: self) }
  /// Reads a `bytea`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Data {
    let bytes = try cell.required("bytea")
    guard cell.type == .bytea || cell.type == .unspecified else { throw cell.mismatch(expected: "bytea") }
    return Data(bytes)
  }
}

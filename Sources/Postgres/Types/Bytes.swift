// Network byte order, both ways.

extension [UInt8] {
  /// Appends an integer in network byte order.
  @inline(__always)
  mutating func append<I: FixedWidthInteger>(bigEndian value: I) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  /// Overwrites four bytes at `offset` with an integer in network byte order.
  mutating func replace(at offset: Int, bigEndian value: Int32) {
    withUnsafeMutableBytes { $0.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self) }
  }

  /// Appends what `body` appends, behind its length as an Int32.
  @inline(__always)
  mutating func appendSized(_ body: (inout [UInt8]) throws(PostgresError) -> Void) throws(PostgresError) {
    let start = count
    append(bigEndian: Int32(0))
    try body(&self)
    guard let length = Int32(exactly: count - start - 4) else {
      throw PostgresError(.encoding, "a value of \(count - start - 4) bytes is longer than the server takes (1 GB)")
    }
    replace(at: start, bigEndian: length)
  }
}

extension UnsafeRawBufferPointer {
  /// The integer in network byte order at `offset`; the caller has checked the length.
  @inline(__always)
  func integer<I: FixedWidthInteger>(at offset: Int = 0, as: I.Type = I.self) -> I {
    I(bigEndian: loadUnaligned(fromByteOffset: offset, as: I.self))
  }
}

/// Takes the stream of a binary COPY apart, however it is cut into chunks.
struct CopyReader {
  /// The columns of one row, one after another.
  struct Columns {
    let bytes: UnsafeRawBufferPointer
    let count: Int
    fileprivate var offset = 2

    /// The next column. The lengths have been checked.
    mutating func take<T: PostgresDecodable>(_ type: T.Type, _ next: inout Int) throws(PostgresError) -> T {
      guard next < count else {
        throw PostgresError(
          .decoding, "asked for column \(next + 1), but the COPY has \(count) column(s)",
          hint: "decode as many values as the statement returns")
      }
      let length = Int(bytes.integer(at: offset, as: Int32.self))
      offset += 4
      defer {
        offset += max(length, 0)
        next += 1
      }
      let value = length < 0 ? nil : UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
      return try T.decode(PostgresCell(bytes: value, type: .unspecified, source: (nil, Int32(next))))
    }
  }

  private var pending: [UInt8] = []
  private var headerWasRead = false
  private var hasEnded = false

  /// Hands over each complete row of the chunk.
  mutating func read(_ chunk: [UInt8], _ row: (inout Columns) throws -> Void) throws {
    if pending.isEmpty {
      let used = try chunk.withUnsafeBytes { try parse($0, row) }
      pending.append(contentsOf: chunk[used...])
    } else {
      pending.append(contentsOf: chunk)
      let used = try pending.withUnsafeBytes { bytes in
        var reader = CopyReader(headerWasRead: headerWasRead, hasEnded: hasEnded)
        defer { (headerWasRead, hasEnded) = (reader.headerWasRead, reader.hasEnded) }
        return try reader.parse(bytes, row)
      }
      pending.removeFirst(used)
    }
  }

  init() {}

  private init(headerWasRead: Bool, hasEnded: Bool) {
    self.headerWasRead = headerWasRead
    self.hasEnded = hasEnded
  }

  /// Returns how many bytes were used up.
  private mutating func parse(
    _ bytes: UnsafeRawBufferPointer, _ row: (inout Columns) throws -> Void
  ) throws -> Int {
    var position = 0
    if !headerWasRead {
      guard bytes.count >= 19 else { return 0 }
      let extensionLength = Int(bytes.integer(at: 15, as: Int32.self))
      guard extensionLength >= 0 else { throw Self.malformed }
      guard bytes.count >= 19 + extensionLength else { return 0 }
      position = 19 + extensionLength
      headerWasRead = true
    }
    while !hasEnded, position + 2 <= bytes.count {
      let count = Int(bytes.integer(at: position, as: Int16.self))
      if count < 0 {
        hasEnded = true
        position += 2
        break
      }
      var end = position + 2
      for _ in 0..<count {
        guard end + 4 <= bytes.count else { return position }
        let length = Int(bytes.integer(at: end, as: Int32.self))
        guard length >= -1 else { throw Self.malformed }
        end += 4 + max(length, 0)
        guard end <= bytes.count else { return position }
      }
      var columns = Columns(bytes: UnsafeRawBufferPointer(rebasing: bytes[position..<end]), count: count)
      try row(&columns)
      position = end
    }
    return position
  }

  private static let malformed = PostgresError(.protocolViolation, "the data of the COPY is malformed")
}

import CLibpq
import Glibc

/// Writes one row of a binary COPY.
public struct CopyRow {
  fileprivate var buffer: [UInt8] = []
  private var columns: Int16 = 0
  private var start = 0

  fileprivate mutating func begin() {
    start = buffer.count
    columns = 0
    buffer.append(bigEndian: Int16(0))
  }

  fileprivate mutating func end() {
    buffer[start] = UInt8(truncatingIfNeeded: columns >> 8)
    buffer[start + 1] = UInt8(truncatingIfNeeded: columns)
  }

  /// Appends the next column; its Swift type must be exactly the column's (`Int32` for `integer`), as COPY casts nothing.
  @inline(__always)
  public mutating func append<T: PostgresEncodable>(_ value: T?) throws(PostgresError) {
    columns += 1
    guard let value else {
      buffer.append(bigEndian: Int32(-1))
      return
    }
    guard T.postgresFormat == .binary else {
      throw PostgresError(.encoding, "\(T.self) has no binary form, which COPY needs")
    }
    try buffer.appendSized { (buffer) throws(PostgresError) in try value.encode(into: &buffer) }
  }

  /// Appends the next column.
  public mutating func append(any value: (any PostgresEncodable)?) throws(PostgresError) {
    if let value { try append(value) } else { try append(Int?.none) }
  }
}

/// The signature that begins a binary COPY, followed by flags and the length of a header extension, both 0.
private let copyHeader: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)

/// Bytes that are collected before they are handed to the connection.
private let copyChunk = 64 * 1024

extension Connection {
  /// Loads rows by `COPY … FROM STDIN (FORMAT binary)`. The server's pace holds back the sequence.
  /// - Parameters:
  ///   - sql: the COPY statement, without parameters.
  ///   - rows: the elements.
  ///   - deadline: how long each chunk may take.
  ///   - encode: appends an element's columns, in the order of the statement, each of exactly the column's type.
  /// - Returns: the number of rows.
  /// - Throws: as `query`, or what `encode` throws. Nothing is loaded then; the connection stays usable.
  @discardableResult
  nonisolated(nonsending)
    public func copyIn<S: Sequence>(
      _ sql: SQL, _ elements: S, deadline: Duration? = nil,
      encode: (S.Element, inout CopyRow) throws(PostgresError) -> Void
    ) async throws(PostgresError) -> Int
  {
    try await beginCopyIn(sql, deadline)
    do throws(PostgresError) {
      var row = CopyRow()
      row.buffer = copyHeader
      for element in elements {
        row.begin()
        try encode(element, &row)
        row.end()
        if row.buffer.count >= copyChunk {
          try await pushCopy(row.buffer, deadline)
          row.buffer.removeAll(keepingCapacity: true)
        }
      }
      row.buffer.append(bigEndian: Int16(-1))
      try await pushCopy(row.buffer, deadline)
    } catch {
      throw await abandonCopyIn(error)
    }
    return try await endCopyIn(deadline)
  }

  /// Loads rows by `COPY … FROM STDIN (FORMAT binary)`.
  /// - Returns: the number of rows.
  /// - Throws: as `query`. Nothing is loaded then; the connection stays usable.
  @discardableResult
  nonisolated(nonsending)
    public func copyIn<S: Sequence>(
      _ sql: SQL, rows: S, deadline: Duration? = nil
    ) async throws(PostgresError) -> Int where S.Element == [(any PostgresEncodable)?]
  {
    try await copyIn(sql, rows, deadline: deadline) { (values, row) throws(PostgresError) in
      for value in values { try row.append(any: value) }
    }
  }

  /// Loads rows by `COPY … FROM STDIN (FORMAT binary)` as they come. The server's pace holds back the sequence.
  /// - Returns: the number of rows.
  /// - Throws: as `query`, or what the sequence throws. Nothing is loaded then; the connection stays usable.
  @discardableResult
  nonisolated(nonsending)
    public func copyIn<S: AsyncSequence>(
      _ sql: SQL, rows: S, deadline: Duration? = nil
    ) async throws -> Int where S.Element == [(any PostgresEncodable)?]
  {
    try await beginCopyIn(sql, deadline)
    do {
      var row = CopyRow()
      row.buffer = copyHeader
      for try await values in rows {
        row.begin()
        for value in values { try row.append(any: value) }
        row.end()
        if row.buffer.count >= copyChunk {
          try await pushCopy(row.buffer, deadline)
          row.buffer.removeAll(keepingCapacity: true)
        }
      }
      row.buffer.append(bigEndian: Int16(-1))
      try await pushCopy(row.buffer, deadline)
    } catch {
      let reason = error as? PostgresError ?? PostgresError(.cancelled, "the rows ended by an error")
      let final = await abandonCopyIn(reason)
      throw error is PostgresError ? final : error
    }
    return try await endCopyIn(deadline)
  }

  /// Reads rows by `COPY … TO STDOUT (FORMAT binary)` and hands them over one by one, in constant memory.
  /// - Parameters:
  ///   - sql: the COPY statement, without parameters.
  ///   - types: the columns' types, exactly as many as the statement has. COPY does not tell types: a wrong one is only
  ///     noticed by its length.
  ///   - deadline: how long each chunk may take.
  ///   - row: called with each row, on the caller's side.
  /// - Returns: the number of rows.
  /// - Throws: as `query`, or what `row` throws. The connection stays usable.
  @discardableResult
  nonisolated(nonsending)
    public func copyOut<each T: PostgresDecodable>(
      _ sql: SQL, _ types: repeat (each T).Type, deadline: Duration? = nil, row: (repeat each T) throws -> Void
    ) async throws -> Int
  {
    try await beginCopyOut(sql, deadline)
    var reader = CopyReader()
    var count = 0
    do {
      while let chunk = try await pullCopy(deadline) {
        try reader.read(chunk) { columns in
          var next = 0
          try row(repeat try columns.take((each T).self, &next))
          guard next == columns.count else {
            throw PostgresError(
              .decoding, "the COPY has \(columns.count) columns, \(next) were asked for",
              hint: "decode as many values as the statement returns")
          }
          count += 1
        }
      }
    } catch {
      await abandonCopyOut()
      throw error
    }
    return count
  }

  // MARK: Steps on the connection's thread

  private func beginCopyIn(_ sql: SQL, _ deadline: Duration?) async throws(PostgresError) {
    try await run(deadline) { (link) throws(PostgresError) in try link.beginCopy(sql, PGRES_COPY_IN) }
  }

  private func pushCopy(_ bytes: [UInt8], _ deadline: Duration?) async throws(PostgresError) {
    try await run(deadline, continuesCopy: true) { (link) throws(PostgresError) in try link.pushCopy(bytes) }
  }

  private func endCopyIn(_ deadline: Duration?) async throws(PostgresError) -> Int {
    // Not cancellable: it is the answer that tells whether the rows are in.
    try runToEnd(deadline, continuesCopy: true) { (link) throws(PostgresError) in try link.endCopyIn(reason: nil) }
  }

  /// Tells the server to forget the rows, and gives the error to report: the server's own, if it had failed before.
  private func abandonCopyIn(_ error: PostgresError) -> PostgresError {
    guard link.handle != nil else { return error }
    do {
      _ = try runToEnd(nil, continuesCopy: true) { (link) throws(PostgresError) in
        try link.endCopyIn(reason: "the client gave up")
      }
      return error
    } catch let answer {
      // 57014 is the server's answer to our giving up.
      return answer.sqlstate == "57014" || answer.kind == .misuse ? error : answer
    }
  }

  private func beginCopyOut(_ sql: SQL, _ deadline: Duration?) async throws(PostgresError) {
    try await run(deadline) { (link) throws(PostgresError) in try link.beginCopy(sql, PGRES_COPY_OUT) }
  }

  private func pullCopy(_ deadline: Duration?) async throws(PostgresError) -> [UInt8]? {
    if !link.isCopying, link.handle != nil { return nil }
    return try await run(deadline, continuesCopy: true) { (link) throws(PostgresError) in
      try link.pullCopy(atLeast: copyChunk)
    }
  }

  private func abandonCopyOut() {
    guard link.handle != nil, link.isCopying else { return }
    do {
      try runToEnd(nil, continuesCopy: true) { (link) throws(PostgresError) in try link.abandonCopyOut() }
    } catch {
      // The answer to our own cancellation; a lost connection shows as `isDead`.
      link.settings.options.logger.debug("COPY abandoned: \(error)")
    }
  }
}

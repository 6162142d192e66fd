import CLibpq
import Glibc

/// Owns one `PGresult` and frees it.
///
/// `@unchecked Sendable`: libpq never touches a result again once `PQgetResult` has handed it over, and we only read it
/// (`PQgetvalue` and its siblings are pure reads of memory that nobody writes), until `deinit` clears it, when no other
/// reference is left.
final class ResultBox: @unchecked Sendable {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit { PQclear(pointer) }

  var commandTag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }
}

/// The rows that a statement returned. The values stay in libpq's buffer and are decoded when asked for.
public struct Rows: RandomAccessCollection, Sendable {
  let result: ResultBox
  /// The number of rows.
  public let count: Int
  let columnCount: Int32

  init(_ result: ResultBox) {
    self.result = result
    count = Int(PQntuples(result.pointer))
    columnCount = PQnfields(result.pointer)
  }

  /// Rows inserted, updated, deleted, selected or copied, by the server's command tag; 0 for other commands.
  public var affected: Int {
    guard let text = PQcmdTuples(result.pointer) else { return 0 }
    return Int(String(cString: text)) ?? 0
  }

  /// The columns' names, in order.
  public var columns: [String] {
    (0..<columnCount).map { index in PQfname(result.pointer, index).map { String(cString: $0) } ?? "" }
  }

  /// 0
  public var startIndex: Int { 0 }
  /// The number of rows.
  public var endIndex: Int { count }

  /// A row by its number, from 0.
  public subscript(position: Int) -> Row {
    precondition(position >= 0 && position < count, "row \(position) of \(count)")
    return Row(result: result, row: Int32(position), columnCount: columnCount)
  }

  /// The only row.
  /// - Throws: kind `decoding` if there is none, or more than one.
  public func only() throws(PostgresError) -> Row {
    guard count == 1 else { throw PostgresError(.decoding, "expected one row, got \(count)") }
    return self[0]
  }
}

/// One row of an answer.
public struct Row: Sendable {
  let result: ResultBox
  let row: Int32
  let columnCount: Int32

  /// The number of columns.
  public var count: Int { Int(columnCount) }

  /// The first columns, by position.
  /// - Throws: kind `decoding` if there are fewer columns, or a value is of another type, or NULL where no optional was
  ///   asked for.
  public func decode<each T: PostgresDecodable>(
    _ types: repeat (each T).Type
  ) throws(PostgresError) -> (repeat each T) {
    var next: Int32 = 0
    return (repeat try (each T).decode(take(&next)))
  }

  /// Reads the columns one by one.
  public func reader() -> RowReader { RowReader(self) }

  /// The value of a named column.
  /// - Throws: kind `decoding` if there is no such column, or its value is of another type, or NULL where no optional was
  ///   asked for.
  public func get<T: PostgresDecodable>(_ column: String, as type: T.Type = T.self) throws(PostgresError) -> T {
    try T.decode(cell(index(of: column)))
  }

  /// The cell of a column, and on to the next.
  fileprivate func take(_ next: inout Int32) throws(PostgresError) -> PostgresCell {
    guard next < columnCount else {
      throw PostgresError(
        .decoding, "asked for column \(next + 1), but the row has \(columnCount) column(s)",
        hint: "decode as many values as the statement returns")
    }
    defer { next += 1 }
    return cell(next)
  }

  @inline(__always)
  private func cell(_ column: Int32) -> PostgresCell {
    let isNull = PQgetisnull(result.pointer, row, column) == 1
    let bytes =
      isNull
      ? nil
      : UnsafeRawBufferPointer(
        start: PQgetvalue(result.pointer, row, column), count: Int(PQgetlength(result.pointer, row, column)))
    return PostgresCell(
      bytes: bytes, type: PostgresType(PQftype(result.pointer, column)), source: (result.pointer, column))
  }

  /// Compares names in place: a dictionary per answer would cost more than it saves.
  private func index(of column: String) throws(PostgresError) -> Int32 {
    for index in 0..<columnCount {
      if let name = PQfname(result.pointer, index), column.withCString({ strcmp($0, name) }) == 0 { return index }
    }
    let names = (0..<columnCount).map { PQfname(result.pointer, $0).map { String(cString: $0) } ?? "" }
    throw PostgresError(
      .decoding, "there is no column \"\(column)\" in the answer; it has \(names.joined(separator: ", "))")
  }
}

/// Reads the columns of one row from left to right. Where rows are many and wide: it is compiled for each column's type,
/// which `Row.decode` is not (19 columns: 6,000 instructions a row, so 2,000).
public struct RowReader {
  private let row: Row
  private var column: Int32 = 0

  init(_ row: Row) {
    self.row = row
  }

  /// The value of the next column.
  /// - Throws: kind `decoding` if there is no further column, or its value is of another type, or NULL where no optional
  ///   was asked for.
  @inlinable
  public mutating func next<T: PostgresDecodable>(_ type: T.Type = T.self) throws(PostgresError) -> T {
    try T.decode(take())
  }

  @usableFromInline
  mutating func take() throws(PostgresError) -> PostgresCell { try row.take(&column) }
}

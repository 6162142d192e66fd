import CSV
import Files
import FoundationEssentials
import Series

/// Reads a file of one series: a column of times and a column `value`, by the names in its header.
struct ValueFile: ~Copyable {
  /// The content of the column of times.
  enum TimeColumn: Sendable {
    /// Instants, in the column `timestamp`.
    case timestamp
    /// Anything, in the column `t` or the first one that is not `value`.
    case any
  }

  /// One row.
  struct Row: Sendable {
    /// As in the file.
    let timeText: String
    /// As in the file.
    let valueText: String
    /// Seconds since 1970; NaN where the column may hold anything.
    let time: Double
    /// NaN = missing.
    let value: Double
  }

  private var reader: LineReader
  /// Line of the last row.
  var line: Int { reader.line }
  private let timeColumn: TimeColumn
  private let timeIndex: Int
  private let valueIndex: Int
  private let width: Int
  private var isFirst = true

  private static let timestampNames = ["timestamp", "time", "date", "datetime", "ds"]

  init(path: String, timeColumn: TimeColumn) throws(FileError) {
    // Throwing with half of the stored properties set is not allowed for a noncopyable type: decide first.
    var reader = try LineReader(path: path)
    guard let header = try Self.fields(&reader) else {
      throw FileError(file: path, problem: "is empty", remedy: "give a header and at least one row")
    }
    let names = header.map { $0.lowercased().filter { $0 != " " && $0 != "\u{FEFF}" } }
    let wanted = timeColumn == .timestamp ? "timestamp,value" : "t,value"
    guard let valueIndex = names.firstIndex(of: "value") else {
      throw FileError(
        file: path, line: reader.line, problem: "the header has no column value",
        remedy: "begin the file with \(wanted)")
    }
    let known = timeColumn == .timestamp ? Self.timestampNames : ["t"] + Self.timestampNames
    let named = known.lazy.compactMap { names.firstIndex(of: $0) }.first
    let other = timeColumn == .any ? names.indices.first { $0 != valueIndex } : nil
    guard let timeIndex = named ?? other else {
      let column = timeColumn == .timestamp ? "timestamp" : "t"
      throw FileError(
        file: path, line: reader.line, problem: "the header has no column \(column)",
        remedy: "begin the file with \(wanted)")
    }
    self.reader = reader
    self.timeColumn = timeColumn
    self.timeIndex = timeIndex
    self.valueIndex = valueIndex
    width = names.count
  }

  /// The next row that is not blank; `nil` at the end of the file.
  mutating func next() throws(FileError) -> Row? {
    guard let fields = try Self.fields(&reader) else {
      guard !isFirst else {
        throw FileError(
          file: reader.path, problem: "has a header and no row", remedy: "give at least one row")
      }
      return nil
    }
    isFirst = false
    guard fields.count == width else {
      throw error(nil, "\(fields.count) fields, the header has \(width)", "correct the line")
    }
    let timeText = fields[timeIndex]
    var time = Double.nan
    if timeColumn == .timestamp {
      guard let date = Timestamp.parse(timeText) else {
        throw error(
          timeIndex, "\"\(timeText)\" is no timestamp", "write ISO 8601 (2024-03-01T12:30:00Z) or Unix seconds")
      }
      time = date.timeIntervalSince1970
    }
    return Row(
      timeText: String(timeText), valueText: String(fields[valueIndex]), time: time,
      value: try number(fields[valueIndex]))
  }

  private func number(_ field: Substring) throws(FileError) -> Double {
    if field.isEmpty || ["nan", "na", "null"].contains(field.lowercased()) { return .nan }
    guard let value = Double(field), value.isFinite else {
      throw error(
        valueIndex, "\"\(field)\" is no finite number",
        "write it with a decimal point, or leave the field empty if the value is missing")
    }
    return value
  }

  /// Fields of the next line that is not blank.
  private static func fields(_ reader: inout LineReader) throws(FileError) -> [Substring]? {
    while let line = try reader.next() {
      if line.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
      do {
        return try CSVLine.fields(line)
      } catch {
        throw FileError(file: reader.path, line: reader.line, problem: error.problem)
      }
    }
    return nil
  }

  private func error(_ index: Int?, _ problem: String, _ remedy: String) -> FileError {
    FileError(
      file: reader.path, line: reader.line, column: index.map { $0 + 1 }, problem: problem, remedy: remedy)
  }
}

import CSV
import FoundationEssentials
import Series

/// A table of daily values of many subjects: `key,day,<columns>`, one row for a subject and day, in any order.
package struct PanelFile: Sendable {
  /// The values of one subject.
  package struct Panel: Sendable {
    /// The first field.
    package let key: String
    /// Line of its first row.
    package let line: Int
    /// Day of sample 0.
    package let firstDay: Int
    /// One series for each column asked for, a sample for each day, NaN = missing.
    package let columns: [[Double]]
  }

  /// Names of the columns asked for.
  package let names: [String]
  /// In the order of their first rows.
  package let panels: [Panel]

  /// Most days from a subject's first to its last: a century.
  package static let longest = 36_525

  private struct Rows {
    var line: Int
    var days: [Int] = []
    var lines: [Int] = []
    var values: [Double] = []
  }

  /// Reads a whole file, plain or gzip'd.
  /// - Parameter head: the names that the first two columns must have.
  /// - Parameter choose: which of the other columns to read, as positions among them, by their names.
  package init(
    path: String, head: (String, String), choose: ([String]) throws(FileError) -> [Int]
  ) throws(FileError) {
    var reader = try LineReader(path: path)
    guard let header = try Self.fields(&reader) else {
      throw FileError(file: path, problem: "is empty", remedy: "give a header and at least one row")
    }
    let all = header.map { $0.filter { $0 != "\u{FEFF}" } }
    guard all.count > 2, all[0] == head.0, all[1] == head.1 else {
      throw FileError(
        file: path, line: reader.line, problem: "the header does not start with \(head.0),\(head.1) and a column more",
        remedy: "name the columns \(head.0),\(head.1),…")
    }
    if let twice = Dictionary(grouping: all, by: { $0 }).filter({ $1.count > 1 }).keys.min() {
      throw FileError(
        file: path, line: reader.line, problem: "two columns are named \"\(twice)\"", remedy: "rename one of them")
    }
    let chosen = try choose(Array(all.dropFirst(2)))
    names = chosen.map { all[$0 + 2] }

    var order: [String] = []
    var rows: [String: Rows] = [:]
    while let fields = try Self.fields(&reader) {
      guard fields.count == all.count else {
        throw FileError(
          file: path, line: reader.line, problem: "\(fields.count) fields, the header has \(all.count)",
          remedy: "correct the line")
      }
      let key = String(fields[0])
      guard !key.isEmpty else {
        throw FileError(
          file: path, line: reader.line, column: 1, problem: "\(head.0) is empty", remedy: "say whose row it is")
      }
      if rows[key] == nil {
        order.append(key)
        rows[key] = Rows(line: reader.line)
      }
      let day = try Self.day(fields[1], file: path, line: reader.line)
      var values: [Double] = []
      for column in chosen {
        values.append(
          try NumberField.value(fields[column + 2], file: path, line: reader.line, column: column + 3))
      }
      rows[key]?.days.append(day)
      rows[key]?.lines.append(reader.line)
      rows[key]?.values += values
    }
    guard !order.isEmpty else {
      throw FileError(file: path, problem: "has a header and no row", remedy: "give at least one row")
    }
    var panels: [Panel] = []
    for key in order {
      guard let rows = rows[key] else { continue }
      panels.append(try Self.panel(key, rows, width: chosen.count, file: path))
    }
    self.panels = panels
  }

  /// A day's number, or the days since 1970 of an ISO 8601 date.
  package static func day(_ field: Substring, file: String, line: Int) throws(FileError) -> Int {
    if let day = Int(field), abs(day) < 1 << 40 { return day }
    if field.contains("-"), let date = Timestamp.parse(field) {
      return Int((date.timeIntervalSince1970 / 86_400).rounded(.down))
    }
    throw FileError(
      file: file, line: line, column: 2, problem: "\"\(field)\" is no day",
      remedy: "write a whole number or a date such as 2024-03-01")
  }

  /// The next line's fields that is not blank.
  package static func fields(_ reader: inout LineReader) throws(FileError) -> [Substring]? {
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

  private static func panel(
    _ key: String, _ rows: Rows, width: Int, file: String
  ) throws(FileError) -> Panel {
    let first = rows.days.min() ?? 0
    let count = (rows.days.max() ?? 0) - first + 1
    guard count <= longest else {
      throw FileError(
        file: file, line: rows.line, column: 2,
        problem: "\"\(key)\" spans \(count) days and \(longest) are possible", remedy: "correct its days")
    }
    var columns = [[Double]](repeating: [Double](repeating: .nan, count: count), count: width)
    var seen = [Bool](repeating: false, count: count)
    for (row, day) in rows.days.enumerated() {
      guard !seen[day - first] else {
        throw FileError(
          file: file, line: rows.lines[row], column: 2, problem: "\"\(key)\" has two rows for this day",
          remedy: "keep one row for each day")
      }
      seen[day - first] = true
      for column in 0..<width { columns[column][day - first] = rows.values[row * width + column] }
    }
    return Panel(key: key, line: rows.line, firstDay: first, columns: columns)
  }
}

import CSV
import FoundationEssentials
import Series

/// How the lines of a file become observations: which column is the instant, which are metrics.
public struct ObservationFormat: Sendable {
  /// Facts that the caller knows of the file; empty and nil = found out from the header.
  public struct Options: Sendable {
    /// The column of instants; nil = the one called timestamp, time, date, datetime, observed_at or ds, else the first.
    public var timestampColumn: String?
    /// The columns of values; empty = all others.
    public var valueColumns: [String]
    /// The metrics' names, one for each value column; empty = the columns' names.
    public var metrics: [String]

    /// Plain.
    public init(timestampColumn: String? = nil, valueColumns: [String] = [], metrics: [String] = []) {
      self.timestampColumn = timestampColumn
      self.valueColumns = valueColumns
      self.metrics = metrics
    }
  }

  /// One value of a line.
  public struct Observation: Sendable, Hashable {
    /// Position in `metrics`.
    public let metric: Int
    /// When; without an offset in the file as if it were UTC.
    public let observedAt: Date
    /// Whether the file gave no offset.
    public let isLocal: Bool
    /// A finite number.
    public let value: Double
  }

  /// The metrics, in the order of the columns.
  public let metrics: [String]

  private let file: String
  private let separator: UInt8
  private let timestamp: Int
  private let values: [Int]
  private let columnCount: Int
  private let columns: [String]

  /// Reads the header; a byte order mark is dropped.
  /// - Throws: `ImportError.header`, saying which columns there are.
  public init(header line: [UInt8], file: String, options: Options) throws(ImportError) {
    let header = line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line[...]
    func wrong(_ problem: String) -> ImportError { .header(file: file, problem: problem) }
    separator =
      header.contains(UInt8(ascii: ","))
      ? UInt8(ascii: ",") : header.contains(UInt8(ascii: ";")) ? UInt8(ascii: ";") : UInt8(ascii: "\t")
    let columns: [String]
    do {
      columns = try CSVLine.fields(Array(header), separator: separator).map(String.init)
    } catch {
      throw wrong(error.problem)
    }
    let known = "the columns are: \(columns.joined(separator: ", "))"
    guard columns.count >= 2 else {
      throw wrong("a header with at least two columns is needed, such as timestamp,value; \(known)")
    }
    guard Timestamp.parse(columns[0]) == nil else {
      throw wrong("the first line holds data; add a header, such as timestamp,value")
    }
    func position(_ name: String) throws(ImportError) -> Int {
      guard let index = columns.firstIndex(of: name) else { throw wrong("there is no column \"\(name)\"; \(known)") }
      guard columns.lastIndex(of: name) == index else {
        throw wrong("the column \"\(name)\" is there twice; rename one")
      }
      return index
    }
    let timestamp: Int
    if let name = options.timestampColumn {
      timestamp = try position(name)
    } else {
      timestamp = columns.firstIndex { Self.timestampNames.contains($0.lowercased()) } ?? 0
    }
    var values: [Int] = []
    for name in options.valueColumns { values.append(try position(name)) }
    if values.isEmpty { values = columns.indices.filter { $0 != timestamp } }
    guard !values.contains(timestamp) else {
      throw wrong("\"\(columns[timestamp])\" cannot be both the timestamp and a value; name other value columns")
    }
    let names = options.metrics.isEmpty ? values.map { columns[$0] } : options.metrics
    guard names.count == values.count else {
      throw wrong(
        "\(names.count) metric name(s) for \(values.count) value column(s) "
          + "(\(values.map { columns[$0] }.joined(separator: ", "))); give one --metric for each, or --value-column")
    }
    guard Set(names).count == names.count else {
      throw wrong("two value columns have one metric name; give each its own with --metric")
    }
    guard names.allSatisfy({ !$0.isEmpty }) else {
      throw wrong("a value column has no name; name it in the header or with --metric")
    }
    metrics = names
    self.file = file
    self.timestamp = timestamp
    self.values = values
    self.columns = columns
    columnCount = columns.count
  }

  private static let timestampNames: Set<String> = ["timestamp", "time", "date", "datetime", "observed_at", "ds"]
  private static let missing: Set<String> = ["", "na", "nan", "null"]

  /// Reads a line.
  /// - Returns: one observation per value; nil where the value is missing (empty, NA, NaN, null).
  /// - Throws: `ImportError.line`.
  public func observations(_ line: [UInt8], number: Int) throws(ImportError) -> [Observation?] {
    func wrong(_ problem: String) -> ImportError { .line(file: file, line: number, problem: problem) }
    let fields: [Substring]
    do {
      fields = try CSVLine.fields(line, separator: separator)
    } catch {
      throw wrong(error.problem)
    }
    guard fields.count == columnCount else {
      throw wrong("\(fields.count) fields, the header has \(columnCount); correct the line")
    }
    let text = String(fields[timestamp])
    guard let observedAt = instant(text) else {
      throw wrong(
        "\"\(text.prefix(40))\" is no instant; write 2024-03-01 12:30:00, 2024-03-01T12:30:00Z, …+02:00 "
          + "or seconds since 1970")
    }
    let isLocal = isLocal(text)
    var observations: [Observation?] = []
    for (metric, column) in values.enumerated() {
      let text = String(fields[column])
      if Self.missing.contains(text.lowercased()) {
        observations.append(nil)
        continue
      }
      guard let value = Self.number(text) else {
        throw wrong(
          "\"\(text.prefix(40))\" in column \(columns[column]) is no finite number; "
            + "write it with a decimal point, or leave the field empty when it is missing")
      }
      observations.append(Observation(metric: metric, observedAt: observedAt, isLocal: isLocal, value: value))
    }
    return observations
  }

  /// ISO 8601 or seconds since 1970; 20240301 would be read as seconds and is refused.
  private func instant(_ text: String) -> Date? {
    if text.utf8.count == 8, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) { return nil }
    return Timestamp.parse(text)
  }

  private func isLocal(_ text: String) -> Bool {
    // A date, then perhaps a time: an offset, if any, comes after it.
    guard text.utf8.contains(UInt8(ascii: "-")) || text.utf8.count == 4, text.utf8.first != UInt8(ascii: "-") else {
      return false
    }
    let time = text.utf8.dropFirst(10)
    return !time.contains { $0 == UInt8(ascii: "Z") || $0 == UInt8(ascii: "z") || $0 == 43 || $0 == 45 }
  }

  private static func number(_ text: String) -> Double? {
    // Not "inf", "0x1p3" or "nan(…)", which Double reads.
    let isPlain = text.utf8.allSatisfy {
      ($0 >= 48 && $0 <= 57) || $0 == 43 || $0 == 45 || $0 == 46 || $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E")
    }
    guard isPlain, let value = Double(text), value.isFinite else { return nil }
    return value
  }
}

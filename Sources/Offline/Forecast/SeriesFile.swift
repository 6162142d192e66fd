import CSV
import Files
import FoundationEssentials
import Series

/// Reads the series of a file one after another.
struct SeriesFile: ~Copyable {
  /// How the rows of a file are laid out.
  enum Format: String, CaseIterable, Sendable {
    /// By the header.
    case auto
    /// `id,timestamp,value`, one row an observation, the rows of a series together.
    case long
    /// `id,v1,v2,…`, one row a series; an empty field is a missing value.
    case wide
    /// `id,freq,season,horizon,split,values…`; only `train` rows count.
    case m4
  }

  private var reader: LineReader
  /// The layout found.
  private(set) var format: Format
  private var pending: (line: Int, fields: [Substring])?
  private var seen: Set<String> = []

  init(path: String, format: Format) throws(FileError) {
    // Throwing with half of the stored properties set is not allowed for a noncopyable type: decide first.
    var reader = try LineReader(path: path)
    let layout = try Self.layout(&reader, asked: format)
    self.reader = reader
    self.format = layout.format
    pending = layout.pending
  }

  private static let timestampNames: Set<String> = ["timestamp", "time", "date", "datetime", "ds"]

  /// The layout by the first row, and that row where it is no header.
  private static func layout(
    _ reader: inout LineReader, asked: Format
  ) throws(FileError) -> (format: Format, pending: Row?) {
    let path = reader.path
    guard let first = try row(&reader) else {
      throw FileError(file: path, problem: "is empty", remedy: "give a header and at least one row")
    }
    let names = first.fields.map { $0.lowercased().filter { $0 != " " && $0 != "\u{FEFF}" } }
    let looksM4 = names.starts(with: ["id", "freq", "season", "horizon", "split"])
    let looksLong = names.count == 3 && timestampNames.contains(names[1])
    let isData = names.count > 1 && names[0] != "id" && names.dropFirst().allSatisfy { $0.isEmpty || Double($0) != nil }
    let format = asked == .auto ? (looksM4 ? Format.m4 : looksLong ? .long : .wide) : asked
    if asked == .auto, timestampNames.contains(names[0]) {
      throw FileError(
        file: path, line: first.line, column: 1,
        problem: "the first column is \"\(first.fields[0])\" where the series' id belongs",
        remedy: "put an id before it (id,timestamp,value), or give --format wide for series in rows")
    }
    switch format {
    case .m4 where !looksM4:
      throw FileError(
        file: path, line: first.line, problem: "the header is not id,freq,season,horizon,split,values…",
        remedy: "check --format")
    case .long where names.count != 3:
      throw FileError(
        file: path, line: first.line, problem: "the header has \(names.count) columns instead of id,timestamp,value",
        remedy: "check --format, or keep these three columns")
    case .wide where names.count < 2:
      throw FileError(
        file: path, line: first.line, problem: "there is one column only",
        remedy: "separate an id and the values by commas: id,v1,v2,…")
    default: break
    }
    let isHeaderless = isData && (format == .wide || (format == .long && Timestamp.parse(names[1]) != nil))
    return (format, isHeaderless ? first : nil)
  }

  /// The next series; `nil` at the end.
  mutating func next() throws(FileError) -> FileSeries? {
    let series =
      switch format {
      case .long: try nextLong()
      case .m4: try nextM4()
      case .auto, .wide: try nextWide()
      }
    if series == nil, seen.isEmpty {
      throw FileError(
        file: reader.path, problem: "has a header and no row to forecast", remedy: "give at least one row")
    }
    return series
  }

  private mutating func nextWide() throws(FileError) -> FileSeries? {
    guard let row = try take() else { return nil }
    if row.fields.count > 2, Double(row.fields[1]) == nil, Timestamp.parse(row.fields[1]) != nil {
      throw error(
        row.line, 2,
        "\"\(row.fields[1])\" is a timestamp, but the header is not that of a file with one row an observation",
        "begin it with the line id,timestamp,value and keep these three columns")
    }
    let id = try newID(row)
    return FileSeries(
      id: id, line: row.line, values: try numbers(row, from: 1), seasons: nil, horizon: nil)
  }

  private mutating func nextM4() throws(FileError) -> FileSeries? {
    while let row = try take() {
      guard row.fields.count >= 5 else {
        throw error(
          row.line, row.fields.count, "the row ends before its column split",
          "give id,freq,season,horizon,split,values…")
      }
      if row.fields[4] == "test" { continue }
      guard row.fields[4] == "train" else {
        throw error(row.line, 5, "split is \"\(row.fields[4])\"", "write train or test")
      }
      guard let season = Int(row.fields[2]), season >= 1 else {
        throw error(row.line, 3, "season is \"\(row.fields[2])\"", "write a whole number from 1")
      }
      guard let horizon = Int(row.fields[3]), horizon >= 1 else {
        throw error(row.line, 4, "horizon is \"\(row.fields[3])\"", "write a whole number from 1")
      }
      let id = try newID(row)
      var seasons = [season]
      for period in Seasonality.candidatePeriods(forFrequency: String(row.fields[1])) ?? [] where period != season {
        seasons.append(period)
      }
      return FileSeries(
        id: id, line: row.line, values: try numbers(row, from: 5), seasons: seasons, horizon: horizon)
    }
    return nil
  }

  private mutating func nextLong() throws(FileError) -> FileSeries? {
    guard let first = try take() else { return nil }
    let id = try newID(first)
    var timestamps: [Date] = []
    var values: [Double] = []
    var row = first
    while true {
      guard row.fields.count == 3 else {
        throw error(row.line, row.fields.count, "the row has \(row.fields.count) fields", "give id,timestamp,value")
      }
      guard let date = Timestamp.parse(row.fields[1]) else {
        throw error(
          row.line, 2, "\"\(row.fields[1])\" is no timestamp", "write ISO 8601 (2024-03-01T12:30:00Z) or Unix seconds")
      }
      timestamps.append(date)
      values.append(try number(row, 2))
      guard let next = try take() else { break }
      if next.fields[0] != row.fields[0] {
        pending = next
        break
      }
      row = next
    }
    let series: RegularSeries
    do throws(SeriesError) {
      if timestamps.count == 1 {
        return FileSeries(id: id, line: first.line, values: values, seasons: nil, horizon: nil)
      }
      series = try Resampling.regular(timestamps: timestamps, values: values)
    } catch {
      throw self.error(first.line, 2, "series \"\(id)\": \(error)", "correct the timestamps of this series")
    }
    return FileSeries(
      id: id, line: first.line, values: series.values,
      seasons: Seasonality.candidatePeriods(for: series.interval), horizon: nil)
  }

  private typealias Row = (line: Int, fields: [Substring])

  private mutating func take() throws(FileError) -> Row? {
    if let row = pending {
      pending = nil
      return row
    }
    return try Self.row(&reader)
  }

  /// The next row that is not blank.
  private static func row(_ reader: inout LineReader) throws(FileError) -> Row? {
    while let line = try reader.next() {
      if line.allSatisfy({ $0 == 32 || $0 == 9 }) { continue }
      do {
        return (reader.line, try CSVLine.fields(line))
      } catch {
        throw FileError(file: reader.path, line: reader.line, problem: error.problem)
      }
    }
    return nil
  }

  private mutating func newID(_ row: Row) throws(FileError) -> String {
    let id = String(row.fields[0])
    guard !id.isEmpty else { throw error(row.line, 1, "the id is empty", "give every series an id") }
    guard seen.insert(id).inserted else {
      throw error(
        row.line, 1, "series \"\(id)\" was there before",
        format == .long ? "keep the rows of a series together (sort by id)" : "give every series an id of its own")
    }
    return id
  }

  private func numbers(_ row: Row, from first: Int) throws(FileError) -> [Double] {
    var values: [Double] = []
    values.reserveCapacity(max(0, row.fields.count - first))
    for column in first..<max(first, row.fields.count) { values.append(try number(row, column)) }
    // Rows of a table are padded to its width: empty fields at the end lie beyond the series.
    while let last = values.last, last.isNaN { values.removeLast() }
    return values
  }

  private func number(_ row: Row, _ column: Int) throws(FileError) -> Double {
    try NumberField.value(row.fields[column], file: reader.path, line: row.line, column: column + 1)
  }

  private func error(_ line: Int, _ column: Int, _ problem: String, _ remedy: String) -> FileError {
    FileError(file: reader.path, line: line, column: column, problem: problem, remedy: remedy)
  }
}

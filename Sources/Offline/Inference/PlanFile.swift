import Files

/// When interventions started: `series,start,days`, a row for each.
struct PlanFile: Sendable {
  /// One intervention.
  struct Entry: Sendable {
    let series: String
    /// First day with the intervention.
    let start: Int
    /// Day at which its evaluation ends, exclusive.
    let end: Int
    let line: Int
  }

  let entries: [Entry]

  /// Reads a whole file, plain or gzip'd.
  init(path: String) throws(FileError) {
    var reader = try LineReader(path: path)
    let header = try PanelFile.fields(&reader)?.map { $0.filter { $0 != "\u{FEFF}" } }
    guard header == ["series", "start", "days"] else {
      throw FileError(
        file: path, line: header == nil ? nil : 1, problem: "the header is not series,start,days",
        remedy: "name the columns so: series, first day of the intervention, day at which the evaluation ends")
    }
    var entries: [Entry] = []
    while let fields = try PanelFile.fields(&reader) {
      guard fields.count == 3 else {
        throw FileError(
          file: path, line: reader.line, problem: "\(fields.count) fields, the header has 3", remedy: "correct the line"
        )
      }
      let start = try PanelFile.day(fields[1], file: path, line: reader.line)
      let end = try PanelFile.day(fields[2], file: path, line: reader.line)
      guard end > start else {
        throw FileError(
          file: path, line: reader.line, column: 3,
          problem: "the evaluation ends on day \(fields[2]), before it starts",
          remedy: "days counts from day 0 of the series, not from the start")
      }
      entries.append(Entry(series: String(fields[0]), start: start, end: end, line: reader.line))
    }
    guard !entries.isEmpty else {
      throw FileError(file: path, problem: "has a header and no row", remedy: "give at least one row")
    }
    self.entries = entries
  }
}

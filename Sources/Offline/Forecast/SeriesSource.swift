import Files

/// Where the series to forecast come from: a file, read one after another, or a twin's metrics, which are few.
struct SeriesSource: ~Copyable {
  /// The file's path, or the twin's name.
  let name: String
  /// Whether every series says itself how far to forecast.
  let saysHorizon: Bool
  private var file: SeriesFile?
  private var rest: ArraySlice<FileSeries>

  init(path: String, format: SeriesFile.Format) throws(FileError) {
    name = path
    let file = try SeriesFile(path: path, format: format)
    saysHorizon = file.format == .m4
    self.file = consume file
    rest = []
  }

  init(name: String, series: [FileSeries]) {
    self.name = name
    saysHorizon = true
    file = nil
    rest = series[...]
  }

  /// The next series; `nil` at the end.
  mutating func next() throws(FileError) -> FileSeries? {
    if file != nil { return try file?.next() }
    return rest.popFirst()
  }

  /// The twin of the series; nil for a file.
  var subject: String? { file == nil ? name : nil }

  /// Where a series stands, for messages.
  func place(of series: FileSeries) -> String { series.line > 0 ? "\(name):\(series.line)" : name }
}

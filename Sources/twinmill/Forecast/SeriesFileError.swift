/// What is wrong with a series file, where, and what to do.
struct SeriesFileError: Error, CustomStringConvertible {
  /// Path, or `-` for standard input.
  let file: String
  /// 1-based; `nil` when the whole file is meant.
  var line: Int?
  /// 1-based field number.
  var column: Int?
  /// What is wrong.
  let problem: String
  /// What to do about it, unless the problem says so.
  var remedy: String?

  /// `file:line, column n: problem; remedy`.
  var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let column { place += ", column \(column)" }
    return "\(place): \(problem)" + (remedy.map { "; \($0)" } ?? "")
  }
}

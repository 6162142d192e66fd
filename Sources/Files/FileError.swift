/// A fault of a file: its place, the problem, and the remedy.
package struct FileError: Error, CustomStringConvertible {
  /// Path, or `-` for standard input.
  package let file: String
  /// 1-based; `nil` when the whole file is meant.
  package var line: Int?
  /// 1-based field number.
  package var column: Int?
  /// The problem, in words.
  package let problem: String
  /// The remedy; nil: the problem's text contains it.
  package var remedy: String?

  package init(file: String, line: Int? = nil, column: Int? = nil, problem: String, remedy: String? = nil) {
    self.file = file
    self.line = line
    self.column = column
    self.problem = problem
    self.remedy = remedy
  }

  /// `file:line, column n: problem; remedy`.
  package var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let column { place += ", column \(column)" }
    return "\(place): \(problem)" + (remedy.map { "; \($0)" } ?? "")
  }
}

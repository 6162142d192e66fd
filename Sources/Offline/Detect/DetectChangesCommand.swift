import ArgumentParser
import CSV
import Detection
import Files

/// `twinmill detect changes`: where the series of files start to behave differently.
struct DetectChangesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "changes",
    abstract: "Find changes of level, slope and variance, one series a file.",
    discussion: """
      Each FILE is plain or gzip'd CSV with the columns t and value, in the order of time and at equal steps; - is \
      standard input. Other columns are ignored; an empty value is missing. Writes series,index,confidence with a \
      row for each change: the file's name without extension, the 0-based row where the new segment begins, and the \
      chance that there is a change, given the others.

      Method: the shortest description of the series by segments, found by dynamic programming. A segment is a \
      constant or a straight line with a variance of its own plus autoregressive noise, so that trends and \
      autocorrelation are not cut into pieces (minimum description length: Davis, Lee, Rodriguez-Yam 2006, \
      "Structural break estimation for nonstationary time series models"). Less than 5 % of the range counts as \
      noise.
      """)

  @Argument(help: "The files to read; - is standard input.")
  var files: [String]

  @Option(help: "The file to write; default is standard output.")
  var output: String?

  func validate() throws {
    guard !files.isEmpty else { throw ValidationError("Name at least one file.") }
  }

  func run() async throws {
    do throws(FileError) {
      try find()
    } catch {
      StandardError.write("twinmill: \(error)\n")
      throw ExitCode(65)
    }
  }

  private func find() throws(FileError) {
    var writer = try OutputFile(path: output)
    try writer.write("series,index,confidence\n")
    for file in files {
      var input = try ValueFile(path: file, timeColumn: .any)
      var values: [Double] = []
      while let row = try input.next() { values.append(row.value) }
      let name = CSVLine.quoted(Self.name(of: file))
      for change in ChangePoints.find(in: values) {
        try writer.write("\(name),\(change.index),\(DetectAnomaliesCommand.decimal(change.confidence))\n")
      }
    }
    try writer.finish()
  }

  /// The file's name without folder, `.gz` and extension.
  static func name(of path: String) -> String {
    var name = path.split(separator: "/").last.map(String.init) ?? path
    if name.hasSuffix(".gz") { name.removeLast(3) }
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }
}

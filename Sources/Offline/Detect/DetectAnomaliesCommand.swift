import ArgumentParser
import CSV
import Detection
import Files

/// `twinmill detect anomalies`: a score for every row of a file, from that row and those before it.
struct DetectAnomaliesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anomalies",
    abstract: "Score how anomalous each row of a series is, given the rows before it.",
    discussion: """
      FILE is plain or gzip'd CSV with the columns timestamp and value, in the order of time; - is standard input. \
      Other columns are ignored; an empty value is missing. Writes the same rows as CSV, \
      timestamp,value,anomaly_score, with a score from 0 (usual) to 1. The score of a row depends only on that row \
      and the rows before it. The first 50 rows and missing values have score 0.

      Method: means of the last 1, 4 and 12 values, plain and less what is usual at that time of the day (of the \
      week for daily data), and the standard deviations of the last 24, 48 and 96 values. Each is compared with its \
      own past by peaks over threshold (Siffer and others 2017, "Anomaly detection in streams with extreme value \
      theory"). The logarithms of the chances are averaged, and discounted by how often the like has happened \
      before. An alarm silences the rows after it. Any interval and unit will do, with gaps and repeated timestamps.
      """)

  @Argument(help: "The file to read; - is standard input.")
  var file: String

  @Option(
    help: """
      Score from which a row is an alarm and halves the scores of the rows after it (60, or 6 % of the rows so far), \
      between 0 and 1. Lower finds more, and more that is nothing.
      """)
  var threshold: Double = AnomalyScorer.defaultThreshold

  @Option(help: "The file to write; default is standard output.")
  var output: String?

  func validate() throws {
    guard threshold > 0, threshold < 1 else { throw ValidationError("--threshold must be between 0 and 1.") }
  }

  func run() async throws {
    do throws(FileError) {
      try score()
    } catch {
      StandardError.write("twinmill: \(error)\n")
      throw ExitCode(65)
    }
  }

  private func score() throws(FileError) {
    var input = try ValueFile(path: file, timeColumn: .timestamp)
    var writer = try OutputFile(path: output)
    try writer.write("timestamp,value,anomaly_score\n")
    var scorer = AnomalyScorer(threshold: threshold)
    var latest = -Double.infinity
    var setBack: (line: Int, rows: Int)?
    var present = 0
    while let row = try input.next() {
      if row.time < latest { setBack = (setBack?.line ?? input.line, (setBack?.rows ?? 0) + 1) }
      latest = max(latest, row.time)
      present += row.value.isFinite ? 1 : 0
      let score = scorer.score(time: row.time, value: row.value)
      try writer.write("\(CSVLine.quoted(row.timeText)),\(CSVLine.quoted(row.valueText)),\(Self.decimal(score))\n")
    }
    try writer.finish()
    if let setBack {
      StandardError.write(
        "twinmill: \(file):\(setBack.line): earlier than a row before it, as are \(setBack.rows - 1) more; "
          + "rows are scored in the order of the file: sort it by time\n")
    }
    if present <= AnomalyScorer.unscoredRows {
      StandardError.write(
        "twinmill: \(file): no row has a score: \(present) values, and the first \(AnomalyScorer.unscoredRows) only teach "
          + "what is usual; give a longer file\n")
    }
  }

  /// A number from 0 to 1 with six digits and no exponent.
  static func decimal(_ score: Double) -> String {
    let millionths = String(Int((score * 1_000_000).rounded()))
    guard millionths.count < 7 else { return "1" }
    return "0." + String(repeating: "0", count: 6 - millionths.count) + millionths
  }
}

import Glibc
import Postgres
import Queue

/// Outcomes of enqueued lines, one JSON object per line, to a file or to standard output.
final class JobLog {
  private let name: String
  private let file: UnsafeMutablePointer<FILE>

  /// - Parameter path: nil is standard output.
  init(path: String?) throws(SeriesFileError) {
    name = path ?? "standard output"
    guard let file = path.map({ fopen($0, "wb") }) ?? fdopen(dup(1), "wb") else {
      throw SeriesFileError(
        file: name, problem: "cannot be created: \(String(cString: strerror(errno)))",
        remedy: "check the folder and its permissions")
    }
    self.file = file
  }

  deinit {
    fclose(file)
  }

  func write(_ result: StagedJobs.Result) throws(SeriesFileError) {
    let job = result.jobID.map { "\($0)" } ?? "null"
    let key = result.uniqueKey.map(JSON.literal) ?? "null"
    let message = result.message.map(JSON.literal) ?? "null"
    var text =
      "{\"number\":\(result.line),\"job_id\":\(job),\"outcome\":\"\(result.outcome)\",\"unique_key\":\(key),"
      + "\"message\":\(message)}\n"
    let isWhole = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    if !isWhole { throw failure() }
  }

  /// Hands everything to the system: what was told is kept when this program ends by force.
  func flush() throws(SeriesFileError) {
    if fflush(file) != 0 { throw failure() }
  }

  private func failure() -> SeriesFileError {
    SeriesFileError(
      file: name, problem: "cannot be written: \(String(cString: strerror(errno)))",
      remedy: "check the free space and permissions")
  }
}

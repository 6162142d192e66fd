import Files
import Glibc
import Postgres
import Queue

/// Outcomes of enqueued lines, one JSON object per line, to a file or to standard output.
final class JobLog {
  private let name: String
  private let file: UnsafeMutablePointer<FILE>
  /// Where lines wait until their transaction has committed; nil: each is true when it is written. That a line is refused
  /// is true at once.
  private let draft: UnsafeMutablePointer<FILE>?

  /// - Parameters:
  ///   - path: nil is standard output.
  ///   - waitsForCommit: what is written stays in a temporary file until `publish`: an undone transaction leaves no line.
  init(path: String?, waitsForCommit: Bool) throws(FileError) {
    name = path ?? "standard output"
    guard let file = path.map({ fopen($0, "wb") }) ?? fdopen(dup(1), "wb"),
      let draft = waitsForCommit ? tmpfile() : file
    else {
      throw FileError(
        file: name, problem: "cannot be created: \(String(cString: strerror(errno)))",
        remedy: "check the folder and its permissions")
    }
    self.file = file
    self.draft = waitsForCommit ? draft : nil
  }

  deinit {
    fclose(file)
    if let draft { fclose(draft) }
  }

  func write(_ result: StagedJobs.Result) throws(FileError) {
    let job = result.jobID.map { "\($0)" } ?? "null"
    let key = result.uniqueKey.map(JSON.literal) ?? "null"
    let message = result.message.map(JSON.literal) ?? "null"
    var text =
      "{\"number\":\(result.line),\"job_id\":\(job),\"outcome\":\"\(result.outcome)\",\"unique_key\":\(key),"
      + "\"message\":\(message)}\n"
    let target = result.outcome == "refused" ? file : draft ?? file
    let isWhole = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, target) == $0.count }
    if !isWhole { throw failure() }
  }

  /// Hands everything that is true to the system: it is kept when this program ends by force.
  func flush() throws(FileError) {
    if fflush(file) != 0 { throw failure() }
  }

  /// The transaction that the lines tell of has committed.
  func publish() throws(FileError) {
    if let draft {
      rewind(draft)
      var piece = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = fread(&piece, 1, piece.count, draft)
        if count == 0 { break }
        if fwrite(piece, 1, count, file) != count { throw failure() }
      }
      if ferror(draft) != 0 { throw failure() }
    }
    try flush()
  }

  private func failure() -> FileError {
    FileError(
      file: name, problem: "cannot be written: \(String(cString: strerror(errno)))",
      remedy: "check the free space and permissions")
  }
}

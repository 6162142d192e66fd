import Glibc

/// Writes text or bytes to standard output, or to a file that appears under its name only when it is whole. What is
/// there and no file, such as /dev/null or a pipe, is written to as it stands: it must not be replaced by a file.
struct ForecastWriter: ~Copyable {
  private let path: String?
  /// Where it is written until it is whole; nil: in its place.
  private let partial: String?
  private let file: UnsafeMutablePointer<FILE>
  private var isFinished = false

  /// - Parameter path: `nil` is standard output.
  init(path: String?) throws(SeriesFileError) {
    self.path = path
    var status = stat()
    let isReplaced = path.map { stat($0, &status) != 0 || status.st_mode & S_IFMT == S_IFREG } ?? false
    partial = isReplaced ? path.map { $0 + ".partial" } : nil
    guard let file = (partial ?? path).map({ fopen($0, "wb") }) ?? fdopen(dup(1), "wb") else {
      throw SeriesFileError(
        file: partial ?? path ?? "standard output",
        problem: "cannot be created: \(String(cString: strerror(errno)))",
        remedy: "check the folder and its permissions")
    }
    self.file = file
  }

  deinit {
    if !isFinished {
      fclose(file)
      if let partial { unlink(partial) }
    }
  }

  /// Appends text.
  func write(_ text: String) throws(SeriesFileError) {
    var text = text
    let isWhole = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    if !isWhole { throw failure() }
  }

  /// Appends bytes.
  func write(_ bytes: [UInt8]) throws(SeriesFileError) {
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw failure() }
  }

  /// Flushes, and gives the file its name.
  mutating func finish() throws(SeriesFileError) {
    isFinished = true
    guard fclose(file) == 0 else { throw failure() }
    if let partial, let path, rename(partial, path) != 0 { throw failure() }
  }

  private func failure() -> SeriesFileError {
    SeriesFileError(
      file: path ?? "standard output", problem: "cannot be written: \(String(cString: strerror(errno)))",
      remedy: "check the free space and permissions")
  }
}

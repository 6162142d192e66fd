import Glibc

/// Writes text or bytes to standard output, or to a file that appears under its name only when it is whole.
struct ForecastWriter: ~Copyable {
  private let path: String?
  private let partial: String
  private let file: UnsafeMutablePointer<FILE>
  private var isFinished = false

  /// - Parameter path: `nil` is standard output.
  init(path: String?) throws(SeriesFileError) {
    self.path = path
    partial = (path ?? "") + ".partial"
    guard let file = path == nil ? fdopen(dup(1), "wb") : fopen(partial, "wb") else {
      throw SeriesFileError(
        file: path == nil ? "standard output" : partial,
        problem: "cannot be created: \(String(cString: strerror(errno)))",
        remedy: "check the folder and its permissions")
    }
    self.file = file
  }

  deinit {
    if !isFinished {
      fclose(file)
      if path != nil { unlink(partial) }
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
    if let path, rename(partial, path) != 0 { throw failure() }
  }

  private func failure() -> SeriesFileError {
    SeriesFileError(
      file: path ?? "standard output", problem: "cannot be written: \(String(cString: strerror(errno)))",
      remedy: "check the free space and permissions")
  }
}

import Glibc

/// Writes text or bytes to standard output, or to a file that appears under its name only when it is whole.
///
/// Only regular files are ever replaced. An existing device or pipe is written to as it is, and a symbolic link stays
/// one.
package struct OutputFile: ~Copyable {
  /// The file's name; nil = standard output.
  private let path: String?
  /// Under which name it grows, and the name that it gets; nil = it is written where it is.
  private let replacement: (partial: String, target: String)?
  private let file: UnsafeMutablePointer<FILE>
  private var isFinished = false

  /// - Parameter path: `nil` is standard output.
  package init(path: String?) throws(FileError) {
    self.path = path
    replacement = path.flatMap(Self.replacement)
    let opened = replacement?.partial ?? path
    guard let file = opened.map({ fopen($0, "wb") }) ?? fdopen(dup(1), "wb") else {
      throw FileError(
        file: opened ?? "standard output", problem: "cannot be created: \(String(cString: strerror(errno)))",
        remedy: "check the folder and its permissions")
    }
    self.file = file
  }

  /// How a file is replaced; nil where there is something else under its name.
  private static func replacement(of path: String) -> (partial: String, target: String)? {
    var status = stat()
    guard stat(path, &status) == 0 else { return (path + ".partial", path) }
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    guard let resolved = realpath(path, nil) else { return (path + ".partial", path) }
    defer { free(resolved) }
    let target = String(cString: resolved)
    return (target + ".partial", target)
  }

  deinit {
    if !isFinished {
      fclose(file)
      discard()
    }
  }

  private func discard() {
    if let replacement { unlink(replacement.partial) }
  }

  /// Appends text.
  package func write(_ text: String) throws(FileError) {
    var text = text
    let isWhole = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
    if !isWhole { throw failure() }
  }

  /// Appends bytes.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw failure() }
  }

  /// Flushes, and gives the file its name.
  package mutating func finish() throws(FileError) {
    isFinished = true
    if fclose(file) != 0 || replacement.map({ rename($0.partial, $0.target) != 0 }) ?? false {
      let failure = failure()
      discard()
      throw failure
    }
  }

  private func failure() -> FileError {
    FileError(
      file: path ?? "standard output", problem: "cannot be written: \(String(cString: strerror(errno)))",
      remedy: "check the free space and permissions")
  }
}

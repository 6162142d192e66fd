import Glibc

/// A file that was not there before: it never replaces another one, and half of it does not stay unless the process is
/// killed.
package struct NewFile: ~Copyable {
  private let path: String
  /// Open for writing; a child process may be given it as its output.
  let descriptor: Int32
  private var isFinished = false

  /// - Throws: when there is something under that name, or nothing can be created there.
  package init(path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let reason = errno
      isFinished = true
      throw reason == EEXIST
        ? FileError(file: path, problem: "is there already", remedy: "give another folder, or move this file away")
        : FileError(
          file: path, problem: "cannot be created: \(String(cString: strerror(reason)))",
          remedy: "check the folder and its permissions")
    }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if !isFinished { unlink(path) }
  }

  /// Appends text.
  package func write(_ text: String) throws(FileError) {
    guard writeWhole(text, to: descriptor) else {
      throw FileError(
        file: path, problem: "cannot be written: \(String(cString: strerror(errno)))",
        remedy: "check the free space and permissions")
    }
  }

  /// Keeps the file.
  package mutating func finish() { isFinished = true }
}

/// Writes a text to a descriptor; false: `errno` says why not.
func writeWhole(_ text: String, to descriptor: Int32) -> Bool {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return false }
    rest.removeFirst(count)
  }
  return true
}

import Glibc

/// Standard input, output and error as the program finds them.
package enum StandardStreams {
  /// Sees to it that all three are there, before a connection or a file takes the place of a closed one: what is
  /// written to one of these is refused.
  package static func open() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest free descriptor is this one.
      _ = Glibc.open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes out the text that `print` has buffered.
  /// - Throws: `FileError`, when it cannot be written: a full disk must not look like an empty answer.
  package static func flush() throws(FileError) {
    guard fflush(nil) == 0 else {
      throw FileError(
        file: "standard output", problem: "cannot be written: \(String(cString: strerror(errno)))",
        remedy: "check the free space and permissions")
    }
  }
}

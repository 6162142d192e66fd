import Glibc

/// Turns SVG into PNG by librsvg's program `rsvg-convert`, which is run without a shell.
package struct PictureConverter: Sendable {
  private let program: String

  /// Finds the program on PATH.
  /// - Throws: with the name of its package, when it is not there.
  package init() throws(CommandFailure) {
    try self.init(searching: getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")
  }

  /// - Parameter path: folders, separated by colons.
  init(searching path: String) throws(CommandFailure) {
    let files = path.split(separator: ":").map { "\($0)/rsvg-convert" }
    guard let file = files.first(where: { access($0, X_OK) == 0 }) else {
      throw CommandFailure(
        "PNG pictures are made by rsvg-convert, which is not on PATH; install it (Debian: apt-get install "
          + "librsvg2-bin), or write SVG")
    }
    program = file
  }

  /// Writes a picture to a file that must not be there, with two dots a pixel of the SVG.
  package func write(_ svg: String, to path: String) throws(FileError) {
    var file = try NewFile(path: path)
    // Files without a name: the program can neither wait for us nor we for it.
    guard let source = tmpfile() else { throw failure(path, String(cString: strerror(errno))) }
    defer { fclose(source) }
    guard let messages = tmpfile() else { throw failure(path, String(cString: strerror(errno))) }
    defer { fclose(messages) }
    guard writeWhole(svg, to: fileno(source)), lseek(fileno(source), 0, SEEK_SET) == 0 else {
      throw failure(path, String(cString: strerror(errno)))
    }
    let status = try run(path, [fileno(source), file.descriptor, fileno(messages)])
    guard status == 0 else {
      var text = [UInt8](repeating: 0, count: 400)
      let count = pread(fileno(messages), &text, text.count, 0)
      let message = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: "\n").first ?? ""
      throw failure(path, message.isEmpty ? "status \(status)" : String(message))
    }
    file.finish()
  }

  /// Runs the program to its end.
  /// - Parameter files: its standard input, output and error.
  private func run(_ path: String, _ files: [Int32]) throws(FileError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, file) in files.enumerated() { posix_spawn_file_actions_adddup2(&actions, file, Int32(target)) }
    let arguments: [String] = [program, "--format=png", "--zoom=2"]
    let words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var id = pid_t()
    let error = posix_spawn(&id, program, &actions, nil, words, environ)
    guard error == 0 else { throw failure(path, String(cString: strerror(error))) }
    var code: Int32 = 0
    while waitpid(id, &code, 0) < 0, errno == EINTR {}
    let signal = code & 0x7F
    return signal == 0 ? (code >> 8) & 0xFF : 128 + signal
  }

  private func failure(_ path: String, _ reason: String) -> FileError {
    FileError(file: path, problem: "\(program) failed: \(reason)", remedy: "check it by hand, or write SVG")
  }
}

import CZlib
import Glibc

/// Lines of a plain or gzip'd file, told apart by their first bytes, in constant memory.
package struct LineReader: ~Copyable {
  package let path: String
  /// Number of the last line given, from 1.
  package private(set) var line = 0
  private let file: gzFile
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// Longest line accepted: a million numbers of sixteen digits.
  package static let longestLine = 64 << 20

  /// - Parameter path: `-` is standard input.
  package init(path: String) throws(FileError) {
    self.path = path
    var status = stat()
    if path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw FileError(file: path, problem: "is a directory", remedy: "name a file in it")
    }
    guard let file = path == "-" ? gzdopen(dup(0), "rb") : gzopen(path, "rb") else {
      let reason = errno == 0 ? "out of memory" : String(cString: strerror(errno))
      throw FileError(
        file: path, problem: "cannot be opened: \(reason)", remedy: "check the path and its permissions")
    }
    self.file = file
    _ = gzbuffer(file, 1 << 17)
    buffer = [UInt8](repeating: 0, count: 1 << 18)
  }

  deinit {
    _ = gzclose(file)
  }

  /// The next line without its end (LF or CRLF); `nil` at the end of the file.
  package mutating func next() throws(FileError) -> [UInt8]? {
    var searched = start
    while true {
      let newline = buffer.withUnsafeBytes { bytes -> Int? in
        guard searched < end, let base = bytes.baseAddress, let hit = memchr(base + searched, 10, end - searched) else {
          return nil
        }
        return UnsafeRawPointer(hit) - base
      }
      if let newline {
        line += 1
        var stop = newline
        if stop > start, buffer[stop - 1] == 13 { stop -= 1 }
        let result = Array(buffer[start..<stop])
        start = newline + 1
        return result
      }
      searched = end
      if isAtEnd {
        if start == end { return nil }
        line += 1
        let result = Array(buffer[start..<(buffer[end - 1] == 13 ? end - 1 : end)])
        start = end
        return result
      }
      if start > 0 {
        buffer.withUnsafeMutableBytes { bytes in
          _ = bytes.baseAddress.map { memmove($0, $0 + start, end - start) }
        }
        searched -= start
        end -= start
        start = 0
      }
      if end == buffer.count {
        guard buffer.count < Self.longestLine else {
          throw FileError(
            file: path, line: line + 1, problem: "the line is longer than 64 MiB", remedy: "use the long format")
        }
        buffer.append(contentsOf: [UInt8](repeating: 0, count: buffer.count))
      }
      let room = buffer.count - end
      let count = buffer.withUnsafeMutableBytes { bytes in
        bytes.baseAddress.map { gzread(file, $0 + end, UInt32(room)) } ?? 0
      }
      var code: Int32 = 0
      let message = gzerror(file, &code).map { String(cString: $0) } ?? ""
      if count < 0 || code < 0 {
        let reason = code == Z_ERRNO ? String(cString: strerror(errno)) : message
        throw FileError(
          file: path, line: line + 1, problem: "cannot be read on: \(reason)",
          remedy: "check that the file is whole (gzip -t)")
      }
      end += Int(count)
      if count == 0 { isAtEnd = true }
    }
  }
}

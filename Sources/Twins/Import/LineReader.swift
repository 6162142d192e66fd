/// Cuts chunks of bytes into lines; holds no more than a chunk and a line.
struct LineReader {
  private let nextChunk: () throws -> [UInt8]?
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  /// Number of the line returned last, from 1.
  private(set) var number = 0

  /// Longer lines are refused: the file is something else than CSV.
  static let longestLine = 1 << 20

  /// - Parameter nextChunk: the bytes that follow; nil or none at the end.
  init(_ nextChunk: @escaping () throws -> [UInt8]?) {
    self.nextChunk = nextChunk
  }

  /// The next line without its end (LF or CRLF; a byte order mark is dropped); nil after the last one.
  mutating func next(file: String) throws -> ArraySlice<UInt8>? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return line(buffer[start..<end])
      }
      searched = buffer.count
      if isAtEnd {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return line(buffer[start...])
      }
      guard buffer.count - start <= Self.longestLine else {
        throw ImportError.line(
          file: file, line: number + 1, problem: "longer than \(Self.longestLine) bytes; is this a CSV file?")
      }
      buffer.removeFirst(start)
      searched -= start
      start = 0
      if let chunk = try nextChunk(), !chunk.isEmpty { buffer += chunk } else { isAtEnd = true }
    }
  }

  private mutating func line(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    number += 1
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    return bytes
  }
}

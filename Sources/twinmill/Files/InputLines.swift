/// Lets a closure move a reader on.
final class InputLines {
  private var reader: LineReader

  init(_ reader: consuming LineReader) {
    self.reader = reader
  }

  func next() throws -> [UInt8]? {
    try reader.next()
  }
}

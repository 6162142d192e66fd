/// Lets a closure move a reader on.
package final class InputLines {
  private var reader: LineReader

  package init(_ reader: consuming LineReader) {
    self.reader = reader
  }

  package func next() throws -> [UInt8]? {
    try reader.next()
  }
}

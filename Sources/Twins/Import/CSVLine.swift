/// The fields of one line of CSV (RFC 4180, but for line breaks inside of quotes).
struct CSVLine {
  /// Why a line has no fields.
  struct Malformed: Error {
    let problem: String
  }

  /// Splits a line.
  /// - Parameter separator: the byte between fields.
  static func fields(_ line: some Collection<UInt8>, separator: UInt8) throws(Malformed) -> [String] {
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var wasQuoted = false
    var iterator = line.makeIterator()
    var next = iterator.next()
    while let byte = next {
      next = iterator.next()
      if isQuoted {
        if byte != quote {
          field.append(byte)
        } else if next == quote {
          field.append(quote)
          next = iterator.next()
        } else {
          isQuoted = false
        }
      } else if byte == quote, field.isEmpty, !wasQuoted {
        isQuoted = true
        wasQuoted = true
      } else if byte == separator {
        fields.append(try text(field))
        field.removeAll(keepingCapacity: true)
        wasQuoted = false
      } else {
        field.append(byte)
      }
    }
    guard !isQuoted else { throw Malformed(problem: "a quoted field does not end on this line; close the quotes") }
    fields.append(try text(field))
    return fields
  }

  private static let quote = UInt8(ascii: "\"")

  private static func text(_ bytes: [UInt8]) throws(Malformed) -> String {
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw Malformed(problem: "not text in UTF-8; convert the file, for example with iconv")
    }
    // Spaces around a field are layout.
    var part = Substring(text)
    while part.first == " " || part.first == "\t" { part.removeFirst() }
    while part.last == " " || part.last == "\t" { part.removeLast() }
    return String(part)
  }
}

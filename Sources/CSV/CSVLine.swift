/// The fields of one line of separated values (RFC 4180, without line breaks inside quotes).
public enum CSVLine {
  /// Why a line has no fields, and the remedy.
  public struct Malformed: Error, Sendable {
    /// In words.
    public let problem: String
  }

  /// Splits a line. Spaces and tabs around an unquoted field are layout.
  /// - Parameters:
  ///   - line: without its end.
  ///   - separator: the byte between fields.
  /// - Throws: `Malformed`: not UTF-8, a quote that is not closed, text after a closing quote.
  public static func fields(
    _ line: [UInt8], separator: UInt8 = UInt8(ascii: ",")
  ) throws(Malformed) -> [Substring] {
    guard let text = String(validating: line, as: UTF8.self), !line.contains(0) else {
      throw Malformed(problem: "not text in UTF-8; convert the file, for example with iconv")
    }
    let between = Character(Unicode.Scalar(separator))
    // Nearly every line: nothing is copied.
    guard line.contains(quote) else {
      return text.split(separator: between, omittingEmptySubsequences: false).map(trimmed)
    }
    let bytes = text.utf8
    var fields: [Substring] = []
    var at = bytes.startIndex
    while true {
      while at < bytes.endIndex, bytes[at] == 0x20 || bytes[at] == 0x09 { at = bytes.index(after: at) }
      if at < bytes.endIndex, bytes[at] == quote {
        fields.append(try quotedField(text, &at)[...])
      } else {
        let stop = bytes[at...].firstIndex(of: separator) ?? bytes.endIndex
        fields.append(trimmed(text[at..<stop]))
        at = stop
      }
      while at < bytes.endIndex, bytes[at] == 0x20 || bytes[at] == 0x09 { at = bytes.index(after: at) }
      if at == bytes.endIndex { return fields }
      guard bytes[at] == separator else {
        throw Malformed(problem: "text follows a closing quote; double the quotes inside of a quoted field")
      }
      at = bytes.index(after: at)
    }
  }

  /// A field as it must be written between commas.
  public static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == quote || $0 == 10 || $0 == 13 }) else {
      return field
    }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private static let quote = UInt8(ascii: "\"")

  /// Takes a field that starts with a quote at `at`, and leaves `at` behind the closing one.
  private static func quotedField(_ text: String, _ at: inout String.Index) throws(Malformed) -> String {
    let bytes = text.utf8
    var field = ""
    at = bytes.index(after: at)
    var from = at
    while at < bytes.endIndex {
      if bytes[at] == quote {
        field += text[from..<at]
        at = bytes.index(after: at)
        guard at < bytes.endIndex, bytes[at] == quote else { return field }
        from = at
      }
      at = bytes.index(after: at)
    }
    throw Malformed(problem: "a quoted field does not end on this line; close the quotes")
  }

  private static func trimmed(_ field: Substring) -> Substring {
    var field = field
    while let first = field.utf8.first, first == 0x20 || first == 0x09 { field = field.dropFirst() }
    while let last = field.utf8.last, last == 0x20 || last == 0x09 { field = field.dropLast() }
    return field
  }
}

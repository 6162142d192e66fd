/// The fields of one line of comma-separated values (RFC 4180, without line breaks inside quotes).
enum CSVLine {
  /// Splits a line; `nil` when a quote is not closed or text follows a closing quote.
  static func fields(_ line: [UInt8]) -> [Substring]? {
    let text = String(decoding: line, as: UTF8.self)
    let bytes = text.utf8
    if !bytes.contains(UInt8(ascii: "\"")) {
      return text.split(separator: ",", omittingEmptySubsequences: false)
    }
    var fields: [Substring] = []
    var at = bytes.startIndex
    while true {
      if at < bytes.endIndex, bytes[at] == UInt8(ascii: "\"") {
        var field = ""
        at = bytes.index(after: at)
        var from = at
        while true {
          guard at < bytes.endIndex else { return nil }
          if bytes[at] == UInt8(ascii: "\"") {
            field += text[from..<at]
            at = bytes.index(after: at)
            guard at < bytes.endIndex, bytes[at] == UInt8(ascii: "\"") else { break }
            from = at
          }
          at = bytes.index(after: at)
        }
        fields.append(field[...])
        if at == bytes.endIndex { return fields }
        guard bytes[at] == UInt8(ascii: ",") else { return nil }
      } else {
        let stop = bytes[at...].firstIndex(of: UInt8(ascii: ",")) ?? bytes.endIndex
        fields.append(text[at..<stop])
        at = stop
        if at == bytes.endIndex { return fields }
      }
      at = bytes.index(after: at)
    }
  }

  /// A field as it must be written.
  static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13 })
    else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

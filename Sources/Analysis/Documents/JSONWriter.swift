import FoundationEssentials
import Postgres

/// A value that can be written as JSON.
///
/// A document of a result table also decodes itself (`Decodable`), with the keys of the same `CodingKeys`: writer and
/// readers cannot disagree. It is not encoded by `JSONEncoder`, which sorts or hashes keys, prints numbers its own way
/// and takes several times as long: a prediction has thousands of numbers.
package protocol JSONDocument: Sendable {
  /// Writes the value.
  func write(to json: inout JSONWriter)
}

/// An object whose members may also stand among others in a larger object.
package protocol JSONObject: JSONDocument {
  /// Writes the members.
  func writeMembers(to json: inout JSONWriter)
}

extension JSONObject {
  package func write(to json: inout JSONWriter) { json.object { writeMembers(to: &$0) } }
}

extension JSONDocument {
  /// The document's text.
  package var json: String {
    var json = JSONWriter()
    write(to: &json)
    return json.text
  }
}

extension Array: JSONDocument where Element: JSONDocument {
  package func write(to json: inout JSONWriter) {
    json.array { list in for element in self { element.write(to: &list) } }
  }
}

extension String: JSONDocument {
  package func write(to json: inout JSONWriter) { json.value(self) }
}

/// Writes a JSON document front to back. Numbers are written with the fewest digits that read back as the same bits, so
/// that equal results are equal texts.
package struct JSONWriter {
  package private(set) var text = ""
  private var needsComma = false

  /// Nothing is written yet.
  package init() {}

  /// An object; `body` writes its members.
  package mutating func object(_ body: (inout JSONWriter) -> Void) { nest("{", "}", body) }

  /// An array; `body` writes its elements.
  package mutating func array(_ body: (inout JSONWriter) -> Void) { nest("[", "]", body) }

  /// The name of a member that is known beforehand; its value must follow.
  package mutating func key(_ key: some CodingKey) {
    let name = key.stringValue
    assert(Self.isPlain(name), "the key \(name) would have to be escaped")
    comma()
    text += "\""
    text += name
    text += "\":"
    needsComma = false
  }

  /// The name of a member that comes from data, such as a metric's; its value must follow.
  package mutating func key(named name: String) {
    comma()
    quote(name)
    text += ":"
    needsComma = false
  }

  /// A number; NaN and infinities, which JSON does not have, become null.
  package mutating func value(_ number: Double) {
    comma()
    // Without a string of its own for each number.
    if number.isFinite { number.write(to: &text) } else { text += "null" }
  }

  package mutating func value(_ number: some BinaryInteger) {
    comma()
    text += String(number)
  }

  package mutating func value(_ string: String) {
    comma()
    quote(string)
  }

  package mutating func null() {
    comma()
    text += "null"
  }

  // MARK: - Members

  package mutating func member(_ key: some CodingKey, _ number: Double) {
    self.key(key)
    value(number)
  }

  package mutating func member(_ key: some CodingKey, _ number: some BinaryInteger) {
    self.key(key)
    value(number)
  }

  package mutating func member(_ key: some CodingKey, _ isTrue: Bool) {
    self.key(key)
    comma()
    text += isTrue ? "true" : "false"
  }

  package mutating func member(_ key: some CodingKey, _ document: some JSONDocument) {
    self.key(key)
    document.write(to: &self)
  }

  /// An instant as `2026-03-12T14:05:00Z`.
  package mutating func member(_ key: some CodingKey, _ date: Date) {
    self.key(key)
    value(date.formatted(.iso8601))
  }

  /// Nothing is written for nil.
  package mutating func member(_ key: some CodingKey, ifPresent number: Double?) {
    if let number { member(key, number) }
  }

  /// Nothing is written for nil.
  package mutating func member(_ key: some CodingKey, ifPresent number: Int?) {
    if let number { member(key, number) }
  }

  /// Nothing is written for nil.
  package mutating func member(_ key: some CodingKey, ifPresent document: (some JSONDocument)?) {
    if let document { member(key, document) }
  }

  /// Nothing is written for nil.
  package mutating func member(_ key: some CodingKey, ifPresent date: Date?) {
    if let date { member(key, date) }
  }

  // MARK: - Text

  private mutating func nest(_ opening: String, _ closing: String, _ body: (inout JSONWriter) -> Void) {
    comma()
    text += opening
    needsComma = false
    body(&self)
    text += closing
    needsComma = true
  }

  private mutating func comma() {
    if needsComma { text += "," }
    needsComma = true
  }

  private mutating func quote(_ string: String) {
    guard Self.isPlain(string) else {
      text += JSON.literal(string)
      return
    }
    text += "\""
    text += string
    text += "\""
  }

  /// Whether the text stands between quotes as it is.
  private static func isPlain(_ string: String) -> Bool {
    string.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  }
}

import Postgres

/// Writes a JSON document front to back. Numbers are written with the fewest digits that read back as the same bits, so
/// that equal results are equal texts. (A prediction has thousands of numbers; an encoder by reflection takes longer to
/// write them than some models to compute them.)
struct JSONWriter {
  private(set) var text = ""
  private var needsComma = false

  /// An object; `body` writes its members.
  mutating func object(_ body: (inout JSONWriter) -> Void) {
    nest("{", "}", body)
  }

  /// An array; `body` writes its elements.
  mutating func array(_ body: (inout JSONWriter) -> Void) {
    nest("[", "]", body)
  }

  /// The name of a member; its value must follow.
  mutating func key(_ name: String) {
    comma()
    quote(name)
    text += ":"
    needsComma = false
  }

  /// A number; NaN and infinities, which JSON does not have, become null.
  mutating func value(_ number: Double) {
    comma()
    text += number.isFinite ? number.description : "null"
  }

  mutating func value(_ number: Int) {
    comma()
    text += number.description
  }

  mutating func value(_ number: Int64) {
    comma()
    text += number.description
  }

  mutating func value(_ string: String) {
    comma()
    quote(string)
  }

  mutating func value(_ isTrue: Bool) {
    comma()
    text += isTrue ? "true" : "false"
  }

  mutating func null() {
    comma()
    text += "null"
  }

  mutating func member(_ name: String, _ number: Double) {
    key(name)
    value(number)
  }

  mutating func member(_ name: String, _ number: Int) {
    key(name)
    value(number)
  }

  mutating func member(_ name: String, _ number: Int64) {
    key(name)
    value(number)
  }

  mutating func member(_ name: String, _ string: String) {
    key(name)
    value(string)
  }

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
    text += JSON.literal(string)
  }
}

import Postgres

/// Writes a JSON document front to back. Numbers are written with the fewest digits that read back as the same bits, so
/// that equal results are equal texts. (A prediction has thousands of numbers; an encoder by reflection takes longer to
/// write them than some models to compute them.)
package struct JSONWriter {
  package private(set) var text = ""
  private var needsComma = false

  /// Nothing is written yet.
  package init() {}

  /// An object; `body` writes its members.
  package mutating func object(_ body: (inout JSONWriter) -> Void) {
    nest("{", "}", body)
  }

  /// An array; `body` writes its elements.
  package mutating func array(_ body: (inout JSONWriter) -> Void) {
    nest("[", "]", body)
  }

  /// The name of a member; its value must follow.
  package mutating func key(_ name: String) {
    comma()
    quote(name)
    text += ":"
    needsComma = false
  }

  /// A number; NaN and infinities, which JSON does not have, become null.
  package mutating func value(_ number: Double) {
    comma()
    text += number.isFinite ? number.description : "null"
  }

  package mutating func value(_ number: Int) {
    comma()
    text += number.description
  }

  package mutating func value(_ number: Int64) {
    comma()
    text += number.description
  }

  package mutating func value(_ string: String) {
    comma()
    quote(string)
  }

  package mutating func value(_ isTrue: Bool) {
    comma()
    text += isTrue ? "true" : "false"
  }

  package mutating func null() {
    comma()
    text += "null"
  }

  package mutating func member(_ name: String, _ number: Double) {
    key(name)
    value(number)
  }

  package mutating func member(_ name: String, _ number: Int) {
    key(name)
    value(number)
  }

  package mutating func member(_ name: String, _ number: Int64) {
    key(name)
    value(number)
  }

  package mutating func member(_ name: String, _ string: String) {
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

import FoundationEssentials

/// Promise: every number that a title or description prints stands as the text of a row of its evidence.
///
/// Each evidence text is taken out of title and description wherever it stands for itself (no digit, and no point or
/// comma with a digit, before or behind it), the longest first. A digit that is left belongs to a number without
/// evidence; an evidence text that stands nowhere is evidence of a number that was not printed.
package struct TextCheck: Encodable, Sendable {
  package var texts = 0
  package var numbers = 0
  package var numbersWithoutEvidence = 0
  package var evidenceWithoutNumber = 0
  /// Values whose text says another number than the row's value, by more than half a unit of its last digit.
  package var textsUnlikeTheirValue = 0
  /// The first of each.
  package var examples: [String] = []

  /// An insight or a recommendation as people read it, with its evidence.
  package struct Told: Sendable {
    package let twin: Int
    package let title: String
    package let description: String
    package let evidence: [EvidencePoint]

    package init(twin: Int, title: String, description: String, evidence: [EvidencePoint]) {
      self.twin = twin
      self.title = title
      self.description = description
      self.evidence = evidence
    }
  }

  private static let mostExamples = 10

  package init(_ told: [Told]) {
    for one in told { add(one) }
  }

  private mutating func add(_ told: Told) {
    texts += 1
    var rest = Array((told.title + " \u{1} " + told.description).unicodeScalars)
    let printed = told.evidence.compactMap(\.text)
    let unused = Dictionary(printed.map { ($0, 1) }, uniquingKeysWith: +)
    let longestFirst = unused.sorted { ($1.key.unicodeScalars.count, $0.key) < ($0.key.unicodeScalars.count, $1.key) }
    for (text, rows) in longestFirst {
      let found = Self.takeOut(Array(text.unicodeScalars), from: &rest)
      numbers += found
      if found < rows { complain(\.evidenceWithoutNumber, "no number printed for evidence \"\(text)\"", told) }
    }
    if rest.contains(where: { ("0"..."9").contains($0) }) {
      let left = String(String.UnicodeScalarView(rest)).split(separator: " ")
        .filter { $0.contains { $0.isNumber } }.joined(separator: " ")
      complain(\.numbersWithoutEvidence, "no evidence for \"\(left)\"", told)
    }
    for point in told.evidence where !Self.isRight(point) {
      complain(\.textsUnlikeTheirValue, "\"\(point.text ?? "")\" for \(point.value ?? .nan)", told)
    }
  }

  private mutating func complain(_ count: WritableKeyPath<TextCheck, Int>, _ what: String, _ told: Told) {
    self[keyPath: count] += 1
    if examples.count < Self.mostExamples { examples.append("\(what) in: \(told.title) | \(told.description)") }
  }

  /// Replaces a text by blanks wherever it stands for itself.
  /// - Returns: how often.
  private static func takeOut(_ text: [Unicode.Scalar], from rest: inout [Unicode.Scalar]) -> Int {
    guard !text.isEmpty, rest.count >= text.count else { return 0 }
    func isDigit(_ i: Int) -> Bool { rest.indices.contains(i) && ("0"..."9").contains(rest[i]) }
    func isPoint(_ i: Int) -> Bool { rest.indices.contains(i) && (rest[i] == "." || rest[i] == ",") }
    var count = 0
    var i = 0
    while i + text.count <= rest.count {
      let end = i + text.count
      if rest[i] == text[0], Array(rest[i..<end]) == text, !isDigit(i - 1), !isDigit(end),
        !(isPoint(i - 1) && isDigit(i - 2)), !(isPoint(end) && isDigit(end + 1))
      {
        for j in i..<end { rest[j] = " " }
        count += 1
        i = end
      } else {
        i += 1
      }
    }
    return count
  }

  /// Texts that are numbers say the value, rounded to their last digit.
  private static func isRight(_ point: EvidencePoint) -> Bool {
    guard let value = point.value, let text = point.text, let shown = Double(text) else { return true }
    let mantissa = text.prefix { $0 != "e" }
    let exponent = Double(text.dropFirst(mantissa.count + 1)) ?? 0
    let places = mantissa.firstIndex(of: ".").map { mantissa.distance(from: $0, to: mantissa.endIndex) - 1 } ?? 0
    // Three significant digits of a whole number may end in zeros.
    let digits = mantissa.filter(\.isNumber).drop { $0 == "0" }.count
    var unit = 1.0
    for _ in 0..<places { unit /= 10 }
    if places == 0, digits > 3 { for _ in 0..<(digits - 3) { unit *= 10 } }
    for _ in 0..<Int(abs(exponent)) { unit = exponent < 0 ? unit / 10 : unit * 10 }
    return abs(value - shown) <= 0.5001 * unit
  }
}

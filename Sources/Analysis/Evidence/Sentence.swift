/// A sentence that can print no number but evidence.
///
/// It is made by interpolation of evidence and words: numbers have no way into it. Words come from definitions and
/// data (labels, units, names of products) and may hold digits; `Story` gives such words a row of evidence as well.
package struct Sentence: Sendable, ExpressibleByStringInterpolation {
  /// A part of a sentence.
  package enum Piece: Sendable {
    case literal(String)
    case word(String)
    case evidence(Evidence)
    case quote(Quote)
  }

  package private(set) var pieces: [Piece]

  package init(stringLiteral value: String) {
    var interpolation = StringInterpolation(literalCapacity: 0, interpolationCount: 0)
    interpolation.appendLiteral(value)
    pieces = interpolation.pieces
  }

  package init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

  /// Another sentence behind this one.
  package static func + (left: Sentence, right: Sentence) -> Sentence {
    var both = left
    both.pieces += [.literal(" ")] + right.pieces
    return both
  }

  /// Collects the pieces.
  package struct StringInterpolation: StringInterpolationProtocol {
    package fileprivate(set) var pieces: [Piece] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}

    package mutating func appendLiteral(_ literal: String) {
      // A number in a literal would be one without evidence: a slip of the programmer, which every test run meets.
      precondition(!literal.contains(where: \.isNumber), "a literal must not hold a number: \(literal)")
      if !literal.isEmpty { pieces.append(.literal(literal)) }
    }

    package mutating func appendInterpolation(_ word: Word) {
      if !word.text.isEmpty { pieces.append(.word(word.text)) }
    }

    package mutating func appendInterpolation(_ evidence: Evidence) { pieces.append(.evidence(evidence)) }

    package mutating func appendInterpolation(_ quote: Quote) { pieces.append(.quote(quote)) }

    package mutating func appendInterpolation(_ sentence: Sentence) { pieces += sentence.pieces }
  }
}

/// A text of a definition or of data, fit to stand within a sentence: one line, not endless.
package struct Word: Sendable, Hashable {
  package let text: String

  /// Longest text; longer ones end with an ellipsis, so that a title stays within 255 characters.
  package static let limit = 60

  /// Control characters and runs of blanks become one blank.
  package init(_ raw: String) {
    var text = ""
    // A text of megabytes must not be walked to its end.
    for character in raw.prefix(4 * Self.limit) {
      let isBlank =
        character.isWhitespace || character.unicodeScalars.contains { $0.properties.generalCategory == .control }
      if isBlank, text.isEmpty || text.last == " " { continue }
      text.append(isBlank ? " " : character)
    }
    if text.last == " " { text.removeLast() }
    self.text = text.count > Self.limit ? text.prefix(Self.limit - 1) + "…" : text
  }

  /// With a capital first letter.
  package var capitalised: Word {
    guard let first = text.first else { return self }
    return Word(first.uppercased() + text.dropFirst())
  }

  /// The word behind a blank; nothing for an empty one, such as a unit that is not known.
  package var afterBlank: Sentence { text.isEmpty ? "" : " \(self)" }
}

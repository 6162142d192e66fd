/// A sentence that can print no number but evidence.
///
/// It is made by interpolation of evidence and words: numbers have no way into it. Words come from definitions and
/// data (labels, units, names of products) and may hold digits; `Story` gives such words a row of evidence as well.
struct Sentence: Sendable, ExpressibleByStringInterpolation {
  /// What it consists of.
  enum Piece: Sendable {
    case literal(String)
    case word(String)
    case evidence(Evidence)
    case quote(Quote)
  }

  private(set) var pieces: [Piece]

  init(stringLiteral value: String) {
    var interpolation = StringInterpolation(literalCapacity: 0, interpolationCount: 0)
    interpolation.appendLiteral(value)
    pieces = interpolation.pieces
  }

  init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

  /// Another sentence behind this one.
  static func + (left: Sentence, right: Sentence) -> Sentence {
    var both = left
    both.pieces += [.literal(" ")] + right.pieces
    return both
  }

  /// Collects the pieces.
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate(set) var pieces: [Piece] = []

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) {
      // A number in a literal would be one without evidence: a slip of the programmer, which every test run meets.
      precondition(!literal.contains(where: \.isNumber), "a literal must not hold a number: \(literal)")
      if !literal.isEmpty { pieces.append(.literal(literal)) }
    }

    mutating func appendInterpolation(_ word: Word) {
      if !word.text.isEmpty { pieces.append(.word(word.text)) }
    }

    mutating func appendInterpolation(_ evidence: Evidence) { pieces.append(.evidence(evidence)) }

    mutating func appendInterpolation(_ quote: Quote) { pieces.append(.quote(quote)) }

    mutating func appendInterpolation(_ sentence: Sentence) { pieces += sentence.pieces }
  }
}

/// A text of a definition or of data, fit to stand within a sentence: one line, not endless.
struct Word: Sendable, Hashable {
  let text: String

  /// Longest text; longer ones end with an ellipsis, so that a title stays within 255 characters.
  static let limit = 60

  /// Control characters and runs of blanks become one blank.
  init(_ raw: String) {
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
  var capitalised: Word {
    guard let first = text.first else { return self }
    return Word(first.uppercased() + text.dropFirst())
  }

  /// The word behind a blank; nothing for an empty one, such as a unit that is not known.
  var afterBlank: Sentence { text.isEmpty ? "" : " \(self)" }
}

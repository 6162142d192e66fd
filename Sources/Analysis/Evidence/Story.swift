/// Title and description with the evidence of every number in them.
///
/// By construction each number that is printed stands as `text` in the evidence: sentences take numbers only as
/// evidence, and a word with digits (a label, a unit, a product's name) becomes a row of its own, printed whole.
package struct Story: Sendable, Hashable {
  /// At most 255 characters.
  package let title: String
  package let description: String
  /// Each once, in the order of printing; those not printed last.
  package let evidence: [Evidence]

  /// Longest title, as the column holds it.
  package static let titleLimit = 255

  /// - Parameters:
  ///   - title: cut where a piece would make it too long, so that no number is cut in two.
  ///   - description: sentences.
  ///   - source: of names that hold digits.
  ///   - unprinted: numbers that the finding rests on and does not print.
  package init(title: Sentence, description: [Sentence], source: EvidenceSource, unprinted: [Evidence] = []) {
    var rows: [Evidence] = []
    self.title = Self.render(title, limit: Self.titleLimit, source, into: &rows)
    self.description = description.map { Self.render($0, limit: .max, source, into: &rows) }.joined(separator: " ")
    for row in unprinted.map(source.unprinted) where !rows.contains(where: { source.unprinted($0) == row }) {
      rows.append(row)
    }
    evidence = rows
  }

  private static func render(
    _ sentence: Sentence, limit: Int, _ source: EvidenceSource, into rows: inout [Evidence]
  ) -> String {
    var text = ""
    for piece in sentence.pieces {
      let (added, evidence): (String, [Evidence]) =
        switch piece {
        case .literal(let literal): (literal, [])
        case .word(let word): (word, word.contains(where: \.isNumber) ? [source.name(word)] : [])
        case .evidence(let evidence): (evidence.text ?? "", [evidence])
        case .quote(let quote): (quote.text, quote.evidence)
        }
      guard text.unicodeScalars.count + added.unicodeScalars.count <= limit else { break }
      text += added
      for row in evidence where !rows.contains(row) { rows.append(row) }
    }
    return text
  }
}

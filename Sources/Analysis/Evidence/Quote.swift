/// A text that was made of evidence before, with that evidence: it may be repeated.
package struct Quote: Sendable, Hashable {
  package let text: String
  package let evidence: [Evidence]

  /// nil when a number in the text is in none of the evidence: then it is not what was written.
  package init?(_ text: String, evidence: [Evidence]) {
    var rest = text
    var used: [Evidence] = []
    for row in evidence.sorted(by: { ($0.text?.count ?? 0, $0.name) > ($1.text?.count ?? 0, $1.name) }) {
      guard let known = row.text, !known.isEmpty, rest.contains(known) else { continue }
      // A blank keeps what stood on either side apart.
      rest = rest.replacing(known, with: " ")
      used.append(row)
    }
    guard !rest.contains(where: \.isNumber), text.utf8.count <= 2_000 else { return nil }
    self.text = text
    self.evidence = evidence.filter(used.contains)
  }
}

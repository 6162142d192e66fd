@testable import Analysis
@testable import Jobs

/// Finds numbers in texts that no evidence accounts for, without knowing how the texts were made.
enum PrintedNumbers {
  /// The pieces of a text that still hold a digit after the texts of its evidence are taken out, longest first.
  static func unaccounted(in text: String, evidence: [String]) -> [String] {
    var parts = [text[...]]
    for known in Set(evidence).sorted(by: { ($0.count, $0) > ($1.count, $1) }) where !known.isEmpty {
      parts = parts.flatMap { part -> [Substring] in
        var rest = part
        var pieces: [Substring] = []
        var from = rest.startIndex
        while let found = rest[from...].firstRange(of: known) {
          // A number within a longer one is another number.
          let before = found.lowerBound > rest.startIndex ? rest[rest.index(before: found.lowerBound)] : " "
          let after = found.upperBound < rest.endIndex ? rest[found.upperBound] : " "
          let isWhole =
            !(known.first?.isNumber ?? false && (before.isNumber || before == "."))
            && !(known.last?.isNumber ?? false && after.isNumber)
          guard isWhole else {
            from = rest.index(after: found.lowerBound)
            continue
          }
          pieces.append(rest[..<found.lowerBound])
          rest = rest[found.upperBound...]
          from = rest.startIndex
        }
        return pieces + [rest]
      }
    }
    return parts.filter { $0.contains(where: \.isNumber) }.map(String.init)
  }

  static func unaccounted(in story: Story) -> [String] {
    let texts = story.evidence.compactMap(\.text)
    return unaccounted(in: story.title, evidence: texts) + unaccounted(in: story.description, evidence: texts)
  }
}

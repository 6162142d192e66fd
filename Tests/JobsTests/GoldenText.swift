import Foundation
import TestGolden
import Testing

/// Files with the lines that something printed when it was last looked at.
enum GoldenText {
  /// Compares lines with those of `Tests/Golden/documents/NAME.txt`.
  ///
  /// Texts must be equal, but for the version and the hashes that depend on it. Numbers must agree to five digits:
  /// their last bits depend on the processor, by way of OpenBLAS and libm.
  static func check(
    _ name: String, _ lines: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = URL(filePath: "\(Golden.repository)/Tests/Golden/documents/\(name).txt")
    let text = lines.map { steady($0) + "\n" }.joined()
    if ProcessInfo.processInfo.environment["TWINMILL_RENEW_GOLDEN"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
      return
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    let (found, known) = (parts(text), parts(expected))
    let differing = zip(found, known).first { !agree($0, $1) }
    #expect(
      found.count == known.count && differing == nil,
      """
      Tests/Golden/documents/\(name).txt is out of date; if the change is wanted: \
      TWINMILL_RENEW_GOLDEN=1 swift test --filter Golden
      first difference: \(differing.map { "\($0) for \($1)" } ?? "the number of lines")
      """,
      sourceLocation: sourceLocation)
  }

  private static func steady(_ line: String) -> String {
    line.replacing(/"code_version":"[^"]*"/, with: #""code_version":"VERSION""#)
      .replacing(/"input_hash":"[^"]*"/, with: #""input_hash":"HASH""#)
  }

  /// The text cut before and behind each of these.
  private static func parts(_ text: String) -> [Substring] {
    var parts: [Substring] = []
    var start = text.startIndex
    for index in text.indices where "[]{},:\n".contains(text[index]) {
      parts.append(text[start..<index])
      parts.append(text[index...index])
      start = text.index(after: index)
    }
    return parts + [text[start...]]
  }

  private static func agree(_ one: Substring, _ other: Substring) -> Bool {
    if one == other { return true }
    guard one.contains("."), other.contains("."), let first = Double(one), let second = Double(other) else {
      return false
    }
    return abs(first - second) <= 1e-5 * max(abs(first), abs(second)) + 1e-12
  }
}

/// A page in Markdown, written from top to bottom.
struct Markdown {
  /// The text so far.
  private(set) var text = ""

  /// A heading of level 1 to 6.
  mutating func heading(_ level: Int, _ title: String) {
    block(String(repeating: "#", count: level) + " " + title)
  }

  /// A paragraph.
  mutating func paragraph(_ content: String) {
    block(content)
  }

  /// Text as it is, such as a program's output.
  mutating func code(_ content: String, language: String = "") {
    block("```\(language)\n\(content.trimmedEnd)\n```")
  }

  /// Rows below a row of titles; nothing when there are no rows.
  mutating func table(_ titles: [String], _ rows: [[String]]) {
    guard !rows.isEmpty else { return }
    let cells = [titles, titles.map { _ in "---" }] + rows.map { $0.map(Self.cell) }
    block(cells.map(Self.line).joined(separator: "\n"))
  }

  /// Text with code marks around it.
  static func code(_ text: String) -> String { "`\(text)`" }

  private mutating func block(_ content: String) {
    text += (text.isEmpty ? "" : "\n") + content + "\n"
  }

  private static func line(_ cells: [String]) -> String {
    "|" + cells.map { $0 == "---" ? $0 : $0.isEmpty ? "  " : " \($0) " }.joined(separator: "|") + "|"
  }

  /// A cell is one line, and a bar would end it.
  private static func cell(_ text: String) -> String {
    text.split(separator: "\n").joined(separator: " ").replacing("|", with: "\\|")
  }
}

extension String {
  /// Without line breaks and spaces at the end.
  fileprivate var trimmedEnd: String {
    var text = Substring(self)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}

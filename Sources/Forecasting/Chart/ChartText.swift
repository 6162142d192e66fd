import Glibc

/// Text of users in drawings: without control characters, and cut to a width.
enum ChartText {
  /// Columns that a character takes in a terminal: 0, 1 or 2.
  private static func columns(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    // Scripts of East Asia and pictures (Unicode's East Asian Width W and F, in blocks).
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// Columns that a text takes in a terminal.
  static func columns(_ text: String) -> Int { text.reduce(0) { $0 + columns($1) } }

  /// A text without characters that command a terminal, break lines or turn the direction of writing.
  static func plain(_ text: String) -> String {
    var plain = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 9, 10, 13: plain += " "
      // Controls; marks and overrides of direction; separators of lines; what XML 1.0 forbids.
      case 0..<32, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: plain += "\u{FFFD}"
      default: plain.unicodeScalars.append(scalar)
      }
    }
    return plain
  }

  /// The beginning of a text that fits into so many columns, with a mark where something is cut.
  static func cut(_ text: String, to width: Int, mark: String = "…") -> String {
    if columns(text) <= width { return text }
    var (cut, used) = ("", 0)
    for character in text {
      let more = columns(character)
      if used + more > width - mark.count { break }
      cut.append(character)
      used += more
    }
    return cut + mark
  }

  /// A text in lines of so many columns, broken at spaces where there are any; the last line is cut.
  static func lines(_ text: String, width: Int, most: Int) -> [String] {
    var lines: [String] = []
    var rest = text
    while lines.count < most - 1, columns(rest) > width {
      let head = cut(rest, to: width, mark: "")
      let space = head.lastIndex(of: " ").map { head.distance(from: head.startIndex, to: $0) }
      // A space near the beginning would waste the line.
      let length = space.flatMap { $0 > head.count / 2 ? $0 : nil } ?? max(1, head.count)
      lines.append(String(rest.prefix(length)))
      rest = String(rest.dropFirst(length).drop { $0 == " " })
    }
    lines.append(cut(rest, to: width))
    return lines
  }
}

extension ChartText {
  /// A number with four digits that say something.
  static func number(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    if exponent < -4 || exponent > 8 {
      // Two divisions: 10³⁰⁸ is the greatest power that a double holds, and 10⁻³⁰⁸ the least.
      let rest = value / pow(10, Double(exponent / 2)) / pow(10, Double(exponent - exponent / 2))
      return ValueAxis.decimal(rest, digits: 3, isTrimmed: true) + "e\(exponent)"
    }
    return ValueAxis.decimal(value, digits: max(0, 3 - exponent), isTrimmed: true)
  }
}

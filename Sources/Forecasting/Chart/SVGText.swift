/// The spelling of numbers and texts in SVG.
enum SVGText {
  /// A coordinate with at most one digit behind the point.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
  }

  /// A path through points.
  static func path(_ points: some Sequence<ThinnedLine.Point>) -> String {
    "M" + points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
  }

  /// A text of users as content of an element or of an attribute.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in ChartText.plain(text).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}

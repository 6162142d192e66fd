import Files
import Glibc

/// Which columns of a table are factors and which metrics, by patterns with `*` and `?`.
struct ColumnChoice: Sendable {
  let file: String
  let factors: String
  let metrics: String

  /// Positions of the factors, then of the metrics, in the order of the table.
  func positions(_ names: [String]) throws(FileError) -> [Int] {
    let chosen = try matches("--factors", factors, names)
    let reacting = try matches("--metrics", metrics, names)
    if let both = chosen.first(where: reacting.contains) {
      throw FileError(
        file: file, line: 1, problem: "column \"\(names[both])\" is chosen by --factors and by --metrics",
        remedy: "narrow one of the patterns")
    }
    return chosen + reacting
  }

  /// How many of the chosen columns are factors.
  func factorCount(of names: [String]) throws(FileError) -> Int { try matches("--factors", factors, names).count }

  private func matches(_ option: String, _ patterns: String, _ names: [String]) throws(FileError) -> [Int] {
    let patterns = patterns.split(separator: ",").map(String.init)
    // Each of them, or a slip in one name would leave its column out without a word.
    for pattern in patterns.isEmpty ? [""] : patterns where !names.contains(where: { fnmatch(pattern, $0, 0) == 0 }) {
      throw FileError(
        file: file, line: 1, problem: "no column matches \(option) '\(pattern)'",
        remedy: "choose among \(names.joined(separator: ", "))")
    }
    return names.indices.filter { index in patterns.contains { fnmatch($0, names[index], 0) == 0 } }
  }
}

import FoundationEssentials

/// A history and its forecast with an interval, drawn with characters.
struct TerminalPlot {
  let title: String
  /// Observed values, oldest first; NaN = missing.
  let history: [Double]
  let mean: [Double]
  let lower: [Double]
  let upper: [Double]
  var height = 14

  /// Lines ready to print: `·` observed, `●` forecast, `░` interval.
  var text: String {
    let finite = (history + lower + upper).filter(\.isFinite)
    guard var bottom = finite.min(), var top = finite.max() else { return "\(title): nothing to draw" }
    if top - bottom < 1e-9 {
      top += 1
      bottom -= 1
    }
    let width = history.count + mean.count
    var grid = [[Character]](repeating: [Character](repeating: " ", count: width), count: height)
    func row(_ value: Double) -> Int {
      let share = (value - bottom) / (top - bottom)
      return height - 1 - min(max(Int((share * Double(height - 1)).rounded()), 0), height - 1)
    }
    for (column, value) in history.enumerated() where value.isFinite { grid[row(value)][column] = "·" }
    for step in mean.indices {
      let column = history.count + step
      for line in row(upper[step])...max(row(lower[step]), row(upper[step])) { grid[line][column] = "░" }
      grid[row(mean[step])][column] = "●"
    }
    let labels = (0..<height).map { line -> String in
      guard line == 0 || line == height - 1 || line == height / 2 else { return "" }
      let value = top - (top - bottom) * Double(line) / Double(height - 1)
      return "\((value * 10).rounded() / 10)"
    }
    let margin = labels.map(\.count).max() ?? 0
    let lines = zip(labels, grid).map { label, cells in
      String(repeating: " ", count: margin - label.count) + label + " ┤" + String(cells)
    }
    let axis =
      String(repeating: " ", count: margin) + " └" + String(repeating: "─", count: history.count)
      + (mean.isEmpty ? "" : "┬" + String(repeating: "─", count: mean.count - 1))
    return ([title] + lines + [axis]).joined(separator: "\n")
  }
}

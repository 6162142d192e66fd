/// A straight line through the rows so far, the newer ones counting more: where a series rises or falls by itself.
///
/// Weighted least squares with weights that fall off over a third of the rows so far, updated row by row.
struct RunningLine {
  /// Fewest rows over which weights fall off.
  private static let leastSpan = 100.0
  /// Share of the rows so far over which they do.
  private static let spanShare = 1.0 / 3
  /// Share of the variance that a line must explain to be one. A rise of a hundredth of a standard deviation a row
  /// reaches it within 300 rows; noise of AR .9 hardly ever does.
  private static let leastExplained = 0.3

  private var rows = 0.0
  private var weight = 0.0
  private var meanRow = 0.0
  private var meanValue = 0.0
  // Weighted sums of squares and products around the means.
  private var rowRow = 0.0
  private var rowValue = 0.0
  private var valueValue = 0.0

  /// Whether the line explains enough.
  var isLine: Bool {
    rows > Self.leastSpan && rowRow > 0 && valueValue > 0
      && rowValue * rowValue > Self.leastExplained * rowRow * valueValue
  }

  /// A value less what the line through the rows before it lets expect; then the line learns it.
  mutating func residual(_ value: Double) -> Double {
    let slope = rowRow > 0 ? rowValue / rowRow : 0
    let residual = weight > 0 ? value - meanValue - slope * (rows - meanRow) : 0
    let keep = 1 - 1 / max(Self.leastSpan, Self.spanShare * rows)
    let old = keep * weight
    weight = old + 1
    let (row, deviation) = (rows - meanRow, value - meanValue)
    rowRow = keep * rowRow + old / weight * row * row
    rowValue = keep * rowValue + old / weight * row * deviation
    valueValue = keep * valueValue + old / weight * deviation * deviation
    meanRow += row / weight
    meanValue += deviation / weight
    rows += 1
    return residual
  }
}

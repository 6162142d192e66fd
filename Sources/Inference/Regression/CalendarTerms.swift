import Glibc

/// Regressors that depend on the sample's number only.
enum CalendarTerms {
  /// A line from −1 to 1.
  static func trend(_ count: Int) -> [Double] {
    let middle = Double(count - 1) / 2
    return (0..<count).map { middle > 0 ? (Double($0) - middle) / middle : 0 }
  }

  /// A line and a parabola, each from −1 to 1 about its middle: what no series has in common with another but time.
  static func course(_ count: Int) -> [[Double]] {
    let line = trend(count)
    return [line, line.map { 1.5 * $0 * $0 - 0.5 }]
  }

  /// Cosine and sine of each harmonic of a period, as many pairs as asked for and the period can tell apart.
  ///
  /// With three harmonics a period of seven gives each weekday its own mean.
  static func season(_ count: Int, period: Int, harmonics: ClosedRange<Int>) -> [[Double]] {
    guard period >= 2 else { return [] }
    var columns: [[Double]] = []
    for harmonic in harmonics where 2 * harmonic <= period {
      let step = 2 * Double.pi * Double(harmonic) / Double(period)
      columns.append((0..<count).map { cos(step * Double($0)) })
      if 2 * harmonic < period { columns.append((0..<count).map { sin(step * Double($0)) }) }
    }
    return columns
  }
}

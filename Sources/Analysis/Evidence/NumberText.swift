import Glibc

/// Numbers as people read them.
package enum NumberText {
  /// Digits that tell something about a measured number.
  package static let significantDigits = 3

  /// A number with so many significant digits, without an exponent where it has at most six digits before or four
  /// zeros behind the point: 62.4, 315, 0.0123, 12500, 1.23e13, 4.1e-7. "0" for zero and what rounds to it.
  /// - Parameter number: finite.
  package static func text(_ number: Double, digits: Int = significantDigits) -> String {
    guard number != 0, number.isFinite else { return number == 0 ? "0" : "\(number)" }
    // Its digits would be divided by a power of ten that is 0.
    guard abs(number) >= 1e-300 else { return "\(number)" }
    let sign = number < 0 ? "-" : ""
    var exponent = Int(log10(abs(number)).rounded(.down))
    // Rounding may carry into the next power of ten.
    var scaled = (abs(number) / power(exponent - digits + 1)).rounded()
    if scaled >= power(digits) {
      exponent += 1
      scaled = (abs(number) / power(exponent - digits + 1)).rounded()
    }
    if exponent >= 6 || exponent < -4 {
      return sign + decimal(scaled, places: digits - 1) + "e\(exponent)"
    }
    let places = digits - 1 - exponent
    if places <= 0 { return sign + String(Int((scaled * power(-places)).rounded())) }
    return sign + decimal(scaled, places: places)
  }

  /// A whole number with a point so many places from its end.
  private static func decimal(_ scaled: Double, places: Int) -> String {
    var digits = String(Int(scaled))
    if places <= 0 { return digits }
    if digits.count <= places { digits = String(repeating: "0", count: places + 1 - digits.count) + digits }
    return digits.dropLast(places) + "." + digits.suffix(places)
  }

  private static func power(_ exponent: Int) -> Double { pow(10, Double(exponent)) }
}

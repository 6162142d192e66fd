import Glibc

/// An axis of values with round ticks: 1, 2 or 5 times a power of ten.
struct ValueAxis {
  /// A tick: its place as a share of the axis, 0 at the bottom, and its label.
  struct Tick: Equatable {
    let share: Double
    let label: String
  }

  /// From bottom to top; the first stands at 0 and the last at 1.
  let ticks: [Tick]
  /// Labels are multiples of this power of ten; 0 for numbers that are short as they are.
  let exponent: Int
  private let scale: Double
  private let low: Double
  private let high: Double

  /// An axis that holds these values; infinite bounds: there are none.
  /// - Parameters:
  ///   - isWhole: the values are counts: no tick stands between whole numbers.
  ///   - most: ticks wanted at most; the rounding at both ends may add two.
  init(low: Double, high: Double, isWhole: Bool, most: Int) {
    let (low, high) = low <= high ? (low, high) : (0, 1)
    let size = max(abs(low), abs(high))
    exponent = Self.exponent(size: size, gap: (high / 2 - low / 2) / Double(max(1, most)))
    scale = pow(10, Double(exponent))
    var (bottom, top) = (low / scale, high / scale)
    // A flat line stands in the middle; so does noise of rounding.
    if top - bottom <= 1e-9 * max(abs(bottom), abs(top)) {
      let middle = bottom
      let room = max(abs(middle) / 2, isWhole ? 1 : 0.5)
      (bottom, top) = (middle - room, middle + room)
    }
    let step = Self.step(from: (top - bottom) / Double(max(1, most)), isWhole: isWhole && exponent == 0)
    let first = (bottom / step.value(1) + 1e-9).rounded(.down)
    let last = max(first + 1, (top / step.value(1) - 1e-9).rounded(.up))
    self.low = step.value(first)
    self.high = step.value(last)
    ticks = stride(from: first, through: last, by: 1).map {
      Tick(share: ($0 - first) / (last - first), label: Self.decimal(step.value($0), digits: max(0, -step.power)))
    }
  }

  /// The power of ten that labels are multiples of.
  private static func exponent(size: Double, gap: Double) -> Int {
    if size == 0 || (size >= 1e-3 && size < 1e6) { return 0 }
    // Powers of a thousand; below 10⁻³⁰⁰ a power of ten is no number that one can divide by.
    let exponent = min(max(3 * Int((log10(size) / 3).rounded(.down)), -300), 306)
    // Great numbers that differ little need all of their digits, and have fewer of them before the point.
    let isLong = size < 1e15 && gap > 1e-11 * size && gap < 1e-4 * pow(10, Double(exponent))
    return exponent > 0 && isLong ? 0 : exponent
  }

  /// The distance of ticks.
  struct Step {
    /// 1, 2 or 5.
    let mantissa: Double
    let power: Int

    /// So many steps. Dividing by a power of ten is exact where multiplying by its inverse is not.
    func value(_ count: Double) -> Double {
      let size = pow(10, Double(abs(power)))
      return power < 0 ? count * mantissa / size : count * mantissa * size
    }
  }

  /// The smallest round step that is not below another.
  /// - Parameter least: above 0.
  static func step(from least: Double, isWhole: Bool) -> Step {
    let power = Int(log10(least).rounded(.down))
    if isWhole, power < 0 { return Step(mantissa: 1, power: 0) }
    let rest = least / pow(10, Double(power))
    for mantissa in [1.0, 2, 5] where rest <= mantissa + 1e-9 { return Step(mantissa: mantissa, power: power) }
    return Step(mantissa: 1, power: power + 1)
  }

  /// The share of the axis below a value: 0 at the bottom, 1 at the top; NaN for a missing value.
  func share(_ value: Double) -> Double {
    value.isNaN ? .nan : min(max((value / scale - low) / (high - low), 0), 1)
  }

  /// A number with so many digits behind the point and with commas between thousands from 10,000 on.
  static func decimal(_ value: Double, digits: Int, isTrimmed: Bool = false) -> String {
    let digits = min(digits, 15)
    let shift = pow(10, Double(digits))
    guard abs(value) * shift < 9e18 else { return "\(value)" }
    let scaled = Int64((abs(value) * shift).rounded())
    var whole = String(scaled / Int64(shift))
    if whole.count > 4 {
      for place in stride(from: whole.count - 3, to: 0, by: -3) {
        whole.insert(",", at: whole.index(whole.startIndex, offsetBy: place))
      }
    }
    var fraction = digits == 0 ? "" : String(String(Int64(shift) + scaled % Int64(shift)).dropFirst())
    while isTrimmed, fraction.last == "0" { fraction.removeLast() }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return sign + whole + (fraction.isEmpty ? "" : "." + fraction)
  }
}

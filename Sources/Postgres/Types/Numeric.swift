/// SQL's `numeric`: an exact decimal number, as its text (`-12.3400`, `NaN`, `Infinity`, `-Infinity`).
public struct Numeric: PostgresCodable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The number in decimal digits, with as many fraction digits as the server keeps.
  public let text: String

  /// A number by its text; what is no number is refused when it is sent.
  public init(_ text: String) { self.text = text }
  /// A number by its text.
  public init(stringLiteral value: String) { text = value }
  /// The number's text.
  public var description: String { text }

  /// `numeric`
  public static var postgresType: PostgresType { .numeric }

  private static let positive: UInt16 = 0x0000
  private static let negative: UInt16 = 0x4000
  private static let notANumber: UInt16 = 0xC000
  private static let infinite: UInt16 = 0xD000
  private static let negativeInfinite: UInt16 = 0xF000

  /// Digit groups to the base 10,000, as in the server's `numeric_recv`.
  /// - Throws: kind `encoding` for what is no plain decimal number (an exponent is refused).
  public func encode(into buffer: inout [UInt8]) throws(PostgresError) {
    func header(groups: Int, weight: Int, sign: UInt16, scale: Int) {
      buffer.append(bigEndian: Int16(truncatingIfNeeded: groups))
      buffer.append(bigEndian: Int16(truncatingIfNeeded: weight))
      buffer.append(bigEndian: sign)
      buffer.append(bigEndian: UInt16(truncatingIfNeeded: scale))
    }
    switch text.lowercased() {
    case "nan": return header(groups: 0, weight: 0, sign: Self.notANumber, scale: 0)
    case "infinity", "inf", "+infinity": return header(groups: 0, weight: 0, sign: Self.infinite, scale: 0)
    case "-infinity", "-inf": return header(groups: 0, weight: 0, sign: Self.negativeInfinite, scale: 0)
    default: break
    }
    var digits = Array(text.utf8)
    var sign = Self.positive
    if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
      sign = first == UInt8(ascii: "-") ? Self.negative : Self.positive
      digits.removeFirst()
    }
    let point = digits.firstIndex(of: UInt8(ascii: "."))
    var whole = Array(digits[..<(point ?? digits.endIndex)])
    var fraction = point.map { Array(digits[($0 + 1)...]) } ?? []
    let isDigits = (whole + fraction).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard isDigits, !(whole.isEmpty && fraction.isEmpty), whole.count <= 131_072, fraction.count <= 16_383 else {
      throw PostgresError(
        .encoding, "\"\(text.prefix(40))\" is no decimal number", sqlstate: "22P02",
        hint: "write it with digits and a point, without an exponent")
    }
    let scale = fraction.count
    let zero = UInt8(ascii: "0")
    whole.insert(contentsOf: repeatElement(zero, count: (4 - whole.count % 4) % 4), at: 0)
    fraction.append(contentsOf: repeatElement(zero, count: (4 - fraction.count % 4) % 4))
    var weight = whole.count / 4 - 1
    let all = whole + fraction
    var groups = stride(from: 0, to: all.count, by: 4).map { start in
      all[start..<start + 4].reduce(Int16(0)) { $0 * 10 + Int16($1 - zero) }
    }
    while groups.first == 0 {
      groups.removeFirst()
      weight -= 1
    }
    while groups.last == 0 { groups.removeLast() }
    if groups.isEmpty { (weight, sign) = (0, Self.positive) }
    header(groups: groups.count, weight: weight, sign: sign, scale: scale)
    for group in groups { buffer.append(bigEndian: group) }
  }

  /// Reads a `numeric`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Numeric {
    let bytes = try cell.required("numeric")
    guard cell.type == .numeric || cell.type == .unspecified else { throw cell.mismatch(expected: "numeric") }
    guard bytes.count >= 8 else { throw cell.malformed(expected: "numeric") }
    let count = Int(bytes.integer(at: 0, as: Int16.self))
    let weight = Int(bytes.integer(at: 2, as: Int16.self))
    let sign: UInt16 = bytes.integer(at: 4)
    let scale = Int(bytes.integer(at: 6, as: UInt16.self))
    switch sign {
    case notANumber: return Numeric("NaN")
    case infinite: return Numeric("Infinity")
    case negativeInfinite: return Numeric("-Infinity")
    case positive, negative: break
    default: throw cell.malformed(expected: "numeric")
    }
    guard count >= 0, bytes.count == 8 + 2 * count else { throw cell.malformed(expected: "numeric") }
    func group(_ index: Int) throws(PostgresError) -> String {
      guard (0..<count).contains(index) else { return "0000" }
      let value: Int16 = bytes.integer(at: 8 + 2 * index)
      guard (0..<10_000).contains(value) else { throw cell.malformed(expected: "numeric") }
      let digits = String(value)
      return String(repeating: "0", count: 4 - digits.count) + digits
    }
    var whole = ""
    if weight >= 0 {
      for index in 0...weight { whole += try group(index) }
    }
    let trimmed = whole.drop { $0 == "0" }
    var fraction = ""
    var index = weight + 1
    while fraction.utf8.count < scale {
      fraction += try group(index)
      index += 1
    }
    let text = (sign == negative ? "-" : "") + (trimmed.isEmpty ? "0" : trimmed)
    return Numeric(scale == 0 ? text : "\(text).\(fraction.prefix(scale))")
  }
}

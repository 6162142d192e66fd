/// One of the five fields of a cron expression: its range, its names, its grammar.
enum CronField: CaseIterable, Sendable {
  case minute, hour, dayOfMonth, month, dayOfWeek

  /// The field's name in messages.
  var title: String {
    switch self {
    case .minute: "minute"
    case .hour: "hour"
    case .dayOfMonth: "day of month"
    case .month: "month"
    case .dayOfWeek: "day of week"
    }
  }

  /// The numbers that may be written. Sunday is both 0 and 7.
  var range: ClosedRange<Int> {
    switch self {
    case .minute: 0...59
    case .hour: 0...23
    case .dayOfMonth: 1...31
    case .month: 1...12
    case .dayOfWeek: 0...7
    }
  }

  /// The last number that `*` and an open step (`5/10`) reach: Saturday, not the second Sunday.
  var last: Int {
    self == .dayOfWeek ? 6 : range.upperBound
  }

  /// The largest step that can reach a second value.
  var longestStep: Int {
    last
  }

  /// Three-letter names, the first standing for `range.lowerBound`.
  var names: [String] {
    switch self {
    case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    default: []
    }
  }

  /// The texts that this field accepts, with examples.
  var hint: String {
    switch self {
    case .minute: "Minutes are 0-59, *, lists, ranges and steps, as in */15 or 0,30."
    case .hour: "Hours are 0-23, *, lists, ranges and steps, as in 9-17 or */6."
    case .dayOfMonth: "Days of the month are 1-31, L (the last), *, lists, ranges and steps, as in 1,15."
    case .month: "Months are 1-12 or JAN-DEC, *, lists, ranges and steps, as in JAN,JUL."
    case .dayOfWeek:
      "Days of the week are 0-7 (0 and 7 are Sunday) or SUN-SAT, *, lists, ranges and steps, as in MON-FRI."
    }
  }

  /// The meaning of one field's text.
  struct Value: Hashable, Sendable {
    /// Bit n is set when number n is allowed; Sunday is bit 0.
    var bits: UInt64 = 0
    /// The list contains `L`.
    var includesLastDay = false
    /// The first item starts with `*`, so that the field does not count as restricted (the rule of Vixie's cron).
    var startsWithStar = false
    /// The field with names as numbers and no leading zeros.
    var canonical = ""
  }

  /// Reads a field.
  ///
  /// The grammar: `item,item,…`; an item is `*`, `n`, `a-b`, each with an optional `/step`, or `L` (day of month).
  /// `n/step` means from n to the end of the range in steps.
  func parse(_ text: String) throws(CronError) -> Value {
    var value = Value()
    var items: [String] = []
    for (index, item) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
      if index == 0 { value.startsWithStar = item.utf8.first == UInt8(ascii: "*") }
      items.append(try parse(item: String(item), of: text, into: &value))
    }
    value.canonical = items.joined(separator: ",")
    return value
  }

  private func parse(item: String, of text: String, into value: inout Value) throws(CronError) -> String {
    guard !item.isEmpty else { throw .field(self, text, "empty list item") }
    let parts = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2 else { throw .field(self, text, "more than one \"/\" in \"\(item)\"") }
    if self == .dayOfMonth, Self.isSame(parts[0], "L") {
      guard parts.count == 1 else { throw .field(self, text, "L takes no step") }
      value.includesLastDay = true
      return "L"
    }
    var (first, end, base) = try parse(base: parts[0], of: text)
    var step = 1
    if parts.count == 2 {
      step = try parse(step: parts[1], of: text)
      if end == nil { end = last }
      base += "/\(step)"
    }
    for number in stride(from: first, through: end ?? first, by: step) {
      value.bits |= 1 << UInt64(self == .dayOfWeek ? number % 7 : number)
    }
    return base
  }

  /// The first and last number of an item without its step; the last is nil for a single number.
  private func parse(base: String, of text: String) throws(CronError) -> (Int, Int?, String) {
    if base == "*" { return (range.lowerBound, last, base) }
    let ends = base.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard ends.count <= 2 else { throw .field(self, text, "\"\(base)\" is not a range") }
    let first = try parse(number: ends[0], of: text)
    guard ends.count == 2 else { return (first, nil, "\(first)") }
    var end = try parse(number: ends[1], of: text)
    // FRI-SUN: a week that ends on Sunday.
    if self == .dayOfWeek, Self.isSame(ends[1], "SUN"), first > 0 { end = 7 }
    guard first <= end else { throw .field(self, text, "range \(base) runs backwards") }
    return (first, end, "\(first)-\(end)")
  }

  private func parse(number text: String, of field: String) throws(CronError) -> Int {
    if let index = names.firstIndex(where: { Self.isSame(text, $0) }) { return range.lowerBound + index }
    guard Self.isDigits(text) else {
      let kinds =
        switch self {
        case .minute, .hour: "is not a number"
        case .dayOfMonth: "is neither a number nor L"
        case .month: "is neither a number nor one of JAN-DEC"
        case .dayOfWeek: "is neither a number nor one of SUN-SAT"
        }
      throw .field(self, field, "\"\(text)\" \(kinds)")
    }
    guard text.utf8.count <= 9, let number = Int(text), range.contains(number) else {
      throw .field(self, field, "\(text) is outside \(range.lowerBound)-\(range.upperBound)")
    }
    return number
  }

  private func parse(step text: String, of field: String) throws(CronError) -> Int {
    guard Self.isDigits(text) else { throw .field(self, field, "\"\(text)\" is not a step") }
    guard text.utf8.count <= 9, let step = Int(text), (1...longestStep).contains(step) else {
      throw .field(self, field, "step \(text) is outside 1-\(longestStep)")
    }
    return step
  }

  private static func isDigits(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// Equal but for the case of ASCII letters: no locale may change what an expression means.
  private static func isSame(_ text: String, _ upperCased: String) -> Bool {
    text.utf8.elementsEqual(upperCased.utf8) { byte, upper in
      ((UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 32 : byte) == upper
    }
  }
}

import FoundationEssentials

/// Instants as text.
public enum Timestamp {
  /// Reads ISO 8601 (`2024-03-01`, `2024-03-01 12:30`, `2024-03-01T12:30:05.25Z`, `…+02:00`, `2024-03`, `2024`) or
  /// seconds since 1970 (a number of at least five digits, with fraction or not). Without an offset the instant is taken as UTC. `nil` for
  /// anything else.
  public static func parse(_ text: some StringProtocol) -> Date? {
    var reader = Reader(bytes: Array(text.utf8))
    return reader.date()
  }

  private struct Reader {
    let bytes: [UInt8]
    var at = 0

    init(bytes: [UInt8]) {
      self.bytes = bytes
    }

    /// `count` digits, or `nil`.
    mutating func digits(_ count: Int) -> Int? {
      guard at + count <= bytes.count else { return nil }
      var value = 0
      for i in at..<(at + count) {
        guard (48...57).contains(bytes[i]) else { return nil }
        value = value * 10 + Int(bytes[i] - 48)
      }
      at += count
      return value
    }

    mutating func take(_ characters: String) -> Bool {
      guard at < bytes.count, characters.utf8.contains(bytes[at]) else { return false }
      at += 1
      return true
    }

    var isAtEnd: Bool { at == bytes.count }

    mutating func date() -> Date? {
      let leading = bytes.prefix { (48...57).contains($0) }.count
      if leading > 4 || bytes.first == UInt8(ascii: "-") {
        guard let seconds = Double(String(decoding: bytes, as: UTF8.self)), seconds.isFinite,
          abs(seconds) < 253_402_300_800
        else { return nil }
        return Date(timeIntervalSince1970: seconds)
      }
      guard let year = digits(4), year >= 1 else { return nil }
      var month = 1
      var day = 1
      if take("-") {
        guard let value = digits(2), (1...12).contains(value) else { return nil }
        month = value
        if take("-") {
          guard let value = digits(2), value >= 1, value <= Self.days(in: month, year) else { return nil }
          day = value
        }
      }
      var seconds = Double(Self.days(year, month, day) * 86_400)
      if take("T ") || take("t") {
        guard let hour = digits(2), hour <= 24, take(":"), let minute = digits(2), minute < 60 else { return nil }
        seconds += Double(hour * 3_600 + minute * 60)
        if take(":") {
          guard let second = digits(2), second <= 60 else { return nil }
          seconds += Double(second)
          if take(".") || take(",") {
            var scale = 0.1
            var any = false
            while let digit = digits(1) {
              seconds += Double(digit) * scale
              scale /= 10
              any = true
            }
            guard any else { return nil }
          }
        }
        _ = take(" ")
        if take("Zz") {
          // UTC.
        } else if at < bytes.count {
          let sign = bytes[at] == UInt8(ascii: "-") ? -1.0 : 1.0
          guard take("+-"), let hour = digits(2), hour <= 15 else { return nil }
          _ = take(":")
          let minute = isAtEnd ? 0 : digits(2)
          guard let minute, minute < 60 else { return nil }
          seconds -= sign * Double(hour * 3_600 + minute * 60)
        }
      }
      return isAtEnd ? Date(timeIntervalSince1970: seconds) : nil
    }

    static func days(in month: Int, _ year: Int) -> Int {
      switch month {
      case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
      case 4, 6, 9, 11: 30
      default: 31
      }
    }

    /// Days since 1970-01-01 of a Gregorian date, counted in eras of 400 years that begin in March.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
      let y = month <= 2 ? year - 1 : year
      let era = y / 400
      let yearOfEra = y - era * 400
      let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
      return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
  }
}

import FoundationEssentials
import Testing

@testable import Postgres

/// Encodes a value and reads the bytes back as `type`.
private func roundTrip<T: PostgresCodable>(_ value: T) throws -> T {
  var bytes: [UInt8] = []
  try value.encode(into: &bytes)
  return try decode(bytes, T.postgresType)
}

private func decode<T: PostgresDecodable>(_ bytes: [UInt8]?, _ type: PostgresType, as: T.Type = T.self) throws -> T {
  guard let bytes else { return try T.decode(PostgresCell(bytes: nil, type: type, source: (nil, 0))) }
  return try bytes.withUnsafeBytes { try T.decode(PostgresCell(bytes: $0, type: type, source: (nil, 0))) }
}

@Suite("Binary codec")
struct CodecTests {
  @Test("integers are written in network byte order and come back at their extremes")
  func integers() throws {
    var bytes: [UInt8] = []
    Int32(258).encode(into: &bytes)
    #expect(bytes == [0, 0, 1, 2])
    for value in [Int64.min, -1, 0, 1, .max] { #expect(try roundTrip(value) == value) }
    for value in [Int32.min, -1, 0, 1, .max] { #expect(try roundTrip(value) == value) }
    for value in [Int16.min, -1, 0, 1, .max] { #expect(try roundTrip(value) == value) }
    #expect(try decode([0xFF, 0xFE], .int2, as: Int.self) == -2)
    #expect(try decode([0xFF, 0xFF, 0xFF, 0xFF], .oid, as: Int.self) == 4_294_967_295)
  }

  @Test("an integer column is refused where it might not fit")
  func narrowing() {
    #expect(throws: PostgresError.self) { try decode([0, 0, 0, 0, 0, 0, 0, 1], .int8, as: Int32.self) }
    #expect(throws: PostgresError.self) { try decode([0, 0, 0, 1], .int4, as: Int16.self) }
    #expect(throws: PostgresError.self) { try decode([0, 0, 0, 1], .oid, as: Int32.self) }
  }

  @Test("floating point numbers keep NaN, infinities, negative zero and subnormals")
  func floats() throws {
    for value in [Double.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1] {
      #expect(try roundTrip(value).bitPattern == value.bitPattern)
    }
    for value in [Float.nan, .infinity, -0.0, .leastNonzeroMagnitude, 0.1] {
      #expect(try roundTrip(value).bitPattern == value.bitPattern)
    }
  }

  @Test(
    "numeric keeps every digit and the scale",
    arguments: [
      "0", "0.00", "1", "-1", "10000", "9999", "0.0001", "0.00010", "-0.5", "12345678901234567890.12345678901234567890",
      "NaN", "Infinity", "-Infinity", "100000000", "1.0000", "0.000000000000000000000001", "99990000",
    ])
  func numerics(text: String) throws {
    #expect(try roundTrip(Numeric(text)).text == text)
  }

  @Test("numeric is encoded as the server documents it")
  func numericLayout() throws {
    var bytes: [UInt8] = []
    try Numeric("12345.678").encode(into: &bytes)
    // 3 groups, weight 1, positive, scale 3: 1, 2345, 6780.
    #expect(bytes == [0, 3, 0, 1, 0, 0, 0, 3, 0, 1, 0x09, 0x29, 0x1A, 0x7C])
  }

  @Test(
    "what is no decimal number is refused before it is sent", arguments: ["", "-", ".", "1e5", "abc", "1.2.3", "٣"])
  func badNumerics(text: String) {
    var bytes: [UInt8] = []
    #expect(throws: PostgresError.self) { try Numeric(text).encode(into: &bytes) }
  }

  @Test("instants count microseconds from 2000, and infinity is the distant future")
  func instants() throws {
    var bytes: [UInt8] = []
    try Date(timeIntervalSince1970: 946_684_800.000001).encode(into: &bytes)
    #expect(bytes == [0, 0, 0, 0, 0, 0, 0, 1])
    #expect(try roundTrip(Date.distantFuture) == .distantFuture)
    #expect(try roundTrip(Date.distantPast) == .distantPast)
    #expect(try decode([0x7F] + [UInt8](repeating: 0xFF, count: 7), .timestamptz, as: Date.self) == .distantFuture)
    for seconds in [-1.5, 0, 1_700_000_000.123456, 4_102_444_800.999999] {
      let date = Date(timeIntervalSince1970: seconds)
      #expect(abs(try roundTrip(date).timeIntervalSince(date)) < 0.000_000_6)
      #expect(try roundTrip(try roundTrip(date)) == roundTrip(date))
    }
    #expect(throws: PostgresError.self) { try roundTrip(Date(timeIntervalSince1970: 1e20)) }
    #expect(throws: PostgresError.self) { try roundTrip(Date(timeIntervalSince1970: .nan)) }
  }

  @Test("calendar days agree with the calendar over 800 years, and refuse days that do not exist")
  func days() throws {
    #expect(CalendarDate(year: 2000, month: 1, day: 1)?.daysSince2000 == 0)
    #expect(CalendarDate(year: 2024, month: 2, day: 29)?.daysSince2000 == 8825)
    #expect(CalendarDate(year: 1970, month: 1, day: 1)?.daysSince2000 == -10957)
    #expect(CalendarDate(year: 2023, month: 2, day: 29) == nil)
    #expect(CalendarDate(year: 1900, month: 2, day: 29) == nil)
    #expect(CalendarDate(year: 2024, month: 4, day: 31) == nil)
    #expect(CalendarDate(year: 2024, month: 13, day: 1) == nil)
    for number in stride(from: Int32(-146_097), through: 146_097, by: 1) {
      let date = CalendarDate(daysSince2000: number)
      #expect(CalendarDate(year: date.year, month: date.month, day: date.day) == date)
    }
    #expect(CalendarDate(daysSince2000: 8825).description == "2024-02-29")
    #expect(try roundTrip(CalendarDate.infinity) == .infinity)
  }

  @Test("intervals keep months, days and microseconds apart")
  func intervals() throws {
    let value = PostgresInterval(months: -14, days: 3, microseconds: 5)
    #expect(try roundTrip(value) == value)
    #expect(PostgresInterval(.seconds(90)).duration == .seconds(90))
    #expect(PostgresInterval(.microseconds(-1)).microseconds == -1)
    #expect(PostgresInterval(.seconds(Int64.max)).microseconds == .max)
    #expect(value.duration == nil)
  }

  @Test("arrays keep NULLs and emptiness; a NULL among plain elements is an error")
  func arrays() throws {
    let values: [Int?] = [1, nil, 3]
    #expect(try roundTrip(values) == values)
    #expect(try roundTrip([String]()) == [])
    #expect(try roundTrip(["a", "", "ü"]) == ["a", "", "ü"])
    #expect(try roundTrip([[1, 2], []] as [[UInt8]]) == [[1, 2], []])
    #expect(try roundTrip([0, 255] as [UInt8]) == [0, 255])
    var bytes: [UInt8] = []
    try values.encode(into: &bytes)
    #expect(throws: PostgresError.self) { try decode(bytes, .int8Array, as: [Int].self) }
  }

  @Test("cut or absurd bytes are a decoding error, never a crash")
  func malformed() throws {
    var bytes: [UInt8] = []
    try (["abc", nil, "defg"] as [String?]).encode(into: &bytes)
    for length in 0..<bytes.count {
      #expect(throws: PostgresError.self) { try decode(Array(bytes.prefix(length)), .textArray, as: [String?].self) }
    }
    let huge: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1]
    #expect(throws: PostgresError.self) { try decode(huge, .textArray, as: [String].self) }
    #expect(throws: PostgresError.self) { try decode([0x7F, 0xFF, 0, 0, 0, 0, 0, 0], .numeric, as: Numeric.self) }
    #expect(throws: PostgresError.self) { try decode([1, 2, 3], .uuid, as: UUID.self) }
    #expect(throws: PostgresError.self) { try decode([0xFF, 0xFE], .text, as: String.self) }
    #expect(throws: PostgresError.self) { try decode([1, 2, 3, 4], .interval, as: PostgresInterval.self) }
  }

  @Test("NULL needs an optional, and the error says so")
  func nulls() throws {
    #expect(try decode(nil, .int8, as: Int?.self) == nil)
    let error = #expect(throws: PostgresError.self) { try decode(nil, .int8, as: Int.self) }
    #expect(error?.kind == .decoding && error?.hint?.contains("optional") == true)
  }

  @Test("a text with a NUL character is refused")
  func nulCharacter() {
    var bytes: [UInt8] = []
    #expect(throws: PostgresError.self) { try "a\0b".encode(into: &bytes) }
  }

  @Test("an enum with a raw value goes through its raw value")
  func rawValues() throws {
    #expect(try roundTrip(Color.red) == .red)
    #expect(throws: PostgresError.self) { try decode(Array("blue".utf8), .text, as: Color.self) }
  }

  enum Color: String, PostgresCodable { case red, green }
}

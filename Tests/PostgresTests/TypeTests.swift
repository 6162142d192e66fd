import FoundationEssentials
import Postgres
import TestServer
import Testing

@Suite("Types on the server", .dropsDatabases)
struct TypeTests {
  /// Sends values and compares what comes back, and what the server makes of them as text.
  private func check<T: PostgresCodable & Equatable>(
    _ connection: Connection, _ values: [(T, String)], sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for (value, text) in values {
      let row = try await connection.query("SELECT \(value), (\(value))::text, \(T?.none)").only()
      let (back, server, null) = try row.decode(T.self, String.self, T?.self)
      #expect(back == value, sourceLocation: sourceLocation)
      #expect(server == text, sourceLocation: sourceLocation)
      #expect(null == nil, sourceLocation: sourceLocation)
    }
  }

  @Test("every type goes to the server and back, at its extremes, and means the same there")
  func roundTrips() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    try await connection.query("SET timezone = 'UTC'")
    try await check(connection, [(true, "true"), (false, "false")])
    try await check(connection, [(Int16.min, "-32768"), (Int16.max, "32767")])
    try await check(connection, [(Int32.min, "-2147483648"), (Int32.max, "2147483647")])
    try await check(connection, [(Int64.min, "-9223372036854775808"), (.max, "9223372036854775807")])
    try await check(connection, [(Int.min, "-9223372036854775808"), (0, "0")])
    try await check(connection, [(Float(1.5), "1.5"), (.infinity, "Infinity")])
    try await check(
      connection,
      [(0.1, "0.1"), (-.infinity, "-Infinity"), (Double.greatestFiniteMagnitude, "1.7976931348623157e+308")])
    try await check(connection, [("", ""), ("ü€😀'\"\\", "ü€😀'\"\\")])
    let uuid = UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))
    try await check(connection, [(uuid, "01020304-0506-0708-090a-0b0c0d0e0f10")])
    try await check(
      connection,
      [
        (Date(timeIntervalSince1970: 0), "1970-01-01 00:00:00+00"),
        (Date(timeIntervalSince1970: 1_700_000_000.25), "2023-11-14 22:13:20.25+00"),
        (Date.distantFuture, "infinity"), (Date.distantPast, "-infinity"),
      ])
    let leapDay = try #require(CalendarDate(year: 2024, month: 2, day: 29))
    try await check(connection, [(leapDay, "2024-02-29"), (.infinity, "infinity"), (.negativeInfinity, "-infinity")])
    try await check(
      connection,
      [(PostgresInterval(months: 14, days: -3, microseconds: 1_500_000), "1 year 2 mons -3 days +00:00:01.5")])
    try await check(
      connection,
      [
        (Numeric("-12345678901234567890.000100"), "-12345678901234567890.000100"), (Numeric("NaN"), "NaN"),
        (Numeric("0.00"), "0.00"), (Numeric("Infinity"), "Infinity"),
      ])
    try await check(connection, [(JSON("{\"a\": [1, null]}"), "{\"a\": [1, null]}")])
    try await check(connection, [([0, 255] as [UInt8], "\\x00ff"), ([], "\\x")])
    try await check(connection, [(Data([1, 2]), "\\x0102")])
    try await check(connection, [([1, nil, Int.max] as [Int?], "{1,NULL,9223372036854775807}"), ([], "{}")])
    try await check(connection, [([0.5, -1], "{0.5,-1}")])
    try await check(connection, [(["a b", "", "NULL"], "{\"a b\",\"\",\"NULL\"}")])
    try await check(connection, [([true, nil] as [Bool?], "{t,NULL}")])
    try await check(connection, [([Int32(1)], "{1}")])
    try await check(connection, [([Int16(1)], "{1}")])
    try await check(connection, [([Float(2)], "{2}")])
    try await check(connection, [([uuid, nil] as [UUID?], "{01020304-0506-0708-090a-0b0c0d0e0f10,NULL}")])
    try await check(connection, [([Date(timeIntervalSince1970: 0)], "{\"1970-01-01 00:00:00+00\"}")])
    try await check(connection, [([leapDay], "{2024-02-29}")])
    try await check(connection, [([PostgresInterval(days: 1)], "{\"1 day\"}")])
    try await check(connection, [([Numeric("1.10")], "{1.10}")])
    try await check(connection, [([JSON("{}"), nil] as [JSON?], "{\"{}\",NULL}")])
    try await check(connection, [([[1], [2, 3]] as [[UInt8]], "{\"\\\\x01\",\"\\\\x0203\"}")])
    await connection.close()
  }

  @Test("text is read from all kinds of text, enums and untyped literals")
  func texts() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    try await connection.script("CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE DOMAIN word AS text")
    let row = try await connection.query(
      """
      SELECT 'a'::varchar, 'b'::char(3), 'c'::name, '{"d": 1}'::json, '{"e": 1}'::jsonb, 'happy'::mood, 'f'::word, 'g',
             \(UntypedText("sad"))::mood, 'x'::"char"
      """
    ).only()
    let values = try row.decode(
      String.self, String.self, String.self, String.self, String.self, String.self, String.self, String.self,
      String.self, String.self)
    #expect(values.0 == "a" && values.1 == "b  " && values.2 == "c" && values.3 == "{\"d\": 1}")
    #expect(values.4 == "{\"e\": 1}" && values.5 == "happy" && values.6 == "f" && values.7 == "g")
    #expect(values.8 == "sad" && values.9 == "x")
    #expect(try row.get("json", as: JSON.self).text == "{\"d\": 1}")
    try await connection.script("CREATE TABLE m (mood mood, document json)")
    try await connection.query("INSERT INTO m VALUES (\(UntypedText("happy")), \(JSON("[1]")))")
    await connection.close()
  }

  @Test("smaller numbers are read as larger ones")
  func widening() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    let row = try await connection.query("SELECT 1::int2, 2::int4, 'pg_class'::regclass::oid, 1.5::float4").only()
    let (small, middle, oid, real) = try row.decode(Int.self, Int64.self, Int.self, Double.self)
    #expect(small == 1 && middle == 2 && oid == 1259 && real == 1.5)
    await connection.close()
  }

  @Test("a decoding error names the column, the expected and the actual type")
  func mismatch() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    let row = try await connection.query("SELECT 1.5::numeric AS amount, NULL::int AS gap, ARRAY[[1],[2]] AS grid")
      .only()
    var error = #expect(throws: PostgresError.self) { try row.decode(Int.self) }
    #expect(error?.message == "column \"amount\" is of type numeric, expected bigint")
    #expect(error?.kind == .decoding)
    error = #expect(throws: PostgresError.self) { try row.get("gap", as: Int.self) }
    #expect(error?.message == "column \"gap\" is NULL, expected bigint")
    error = #expect(throws: PostgresError.self) { try row.get("grid", as: [Int].self) }
    #expect(error?.message.contains("2 dimensions") == true)
    error = #expect(throws: PostgresError.self) { try row.get("missing", as: Int.self) }
    #expect(error?.message == "there is no column \"missing\" in the answer; it has amount, gap, grid")
    error = #expect(throws: PostgresError.self) {
      try row.decode(Numeric.self, Int?.self, [Int]?.self, Int.self)
    }
    #expect(error != nil)
    await connection.close()
  }
}

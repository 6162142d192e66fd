import FoundationEssentials
import Postgres
import TestServer
import Testing

@Suite("COPY", .dropsDatabases)
struct CopyTests {
  private let load: SQL = "COPY t FROM STDIN (FORMAT binary)"
  private struct Unrelated: Error {}

  private func prepare() async throws -> Connection {
    let connection = try await TestDatabase.create().connect()
    try await connection.script("CREATE TABLE t (n bigint PRIMARY KEY, value double precision, name text)")
    return connection
  }

  @Test("100,000 rows go in and come out again")
  func bothWays() async throws {
    let connection = try await prepare()
    let loaded = try await connection.copyIn(load, 0..<100_000) { (n, row) throws(PostgresError) in
      try row.append(n)
      try row.append(n % 7 == 0 ? nil : Double(n) / 4)
      try row.append("row \(n)")
    }
    #expect(loaded == 100_000)
    #expect(try await connection.query("SELECT sum(n)::bigint FROM t").only().decode(Int.self) == 4_999_950_000)
    var next = 0
    let read = try await connection.copyOut(
      "COPY (SELECT * FROM t ORDER BY n) TO STDOUT (FORMAT binary)", Int.self, Double?.self, String.self
    ) { n, value, name in
      guard n == next, value == (n % 7 == 0 ? nil : Double(n) / 4), name == "row \(n)" else { throw Unrelated() }
      next += 1
    }
    #expect(read == 100_000 && next == 100_000)
    await connection.close()
  }

  @Test("rows of mixed values and rows that come one by one are loaded")
  func sequences() async throws {
    let connection = try await prepare()
    let rows: [[(any PostgresEncodable)?]] = [[1, 0.5, "a"], [2, nil, nil]]
    #expect(try await connection.copyIn(load, rows: rows) == 2)
    let stream = AsyncStream<[(any PostgresEncodable)?]> { continuation in
      for n in 10..<5_010 { continuation.yield([n, nil, String(repeating: "x", count: 100)]) }
      continuation.finish()
    }
    #expect(try await connection.copyIn(load, rows: stream) == 5_000)
    #expect(try await connection.copyIn(load, rows: [[(any PostgresEncodable)?]]()) == 0)
    #expect(try await connection.query("SELECT count(*) FROM t").only().decode(Int.self) == 5_002)
    await connection.close()
  }

  @Test("an error of the server, the encoder or the rows loads nothing and leaves the connection usable")
  func failures() async throws {
    let connection = try await prepare()
    var error = try await failure {
      try await connection.copyIn(load, 0..<50_000) { (n, row) throws(PostgresError) in
        try row.append(n % 49_000)
        try row.append(Double?.none)
        try row.append("x")
      }
    }
    #expect(error.sqlstate == "23505")
    error = try await failure {
      try await connection.copyIn(load, 0..<50_000) { (n, row) throws(PostgresError) in
        try row.append(n)
        try row.append(Double?.none)
        try row.append(n == 40_000 ? "a\0" : "x")
      }
    }
    #expect(error.kind == .encoding)
    // integer is not bigint: COPY casts nothing.
    error = try await failure {
      try await connection.copyIn(load, 0..<10) { (n, row) throws(PostgresError) in
        try row.append(Int32(n))
        try row.append(Double?.none)
        try row.append("x")
      }
    }
    #expect(error.sqlstate == "08P01" && !error.isConnectionLoss)
    error = try await failure {
      try await connection.copyIn(load, 0..<10) { (n, row) throws(PostgresError) in try row.append(n) }
    }
    #expect(error.kind == .server)
    let broken = AsyncThrowingStream<[(any PostgresEncodable)?], any Error> { continuation in
      continuation.yield([1, nil, nil])
      continuation.finish(throwing: Unrelated())
    }
    await #expect(throws: Unrelated.self) { try await connection.copyIn(load, rows: broken) }
    error = try await failure { try await connection.copyIn("COPY missing FROM STDIN (FORMAT binary)", rows: []) }
    #expect(error.sqlstate == "42P01")
    for sql in ["SELECT 1", "COPY t FROM STDIN", "COPY t TO STDOUT (FORMAT binary)"] as [SQL] {
      error = try await failure { try await connection.copyIn(sql, rows: []) }
      #expect(error.kind == .misuse)
    }
    #expect(try await connection.query("SELECT count(*) FROM t").only().decode(Int.self) == 0)
    await connection.close()
  }

  @Test("reading can stop in the middle, by an error of the reader or of the server")
  func abandonedReading() async throws {
    let connection = try await prepare()
    for _ in 0..<3 {
      var count = 0
      await #expect(throws: Unrelated.self) {
        try await connection.copyOut(
          "COPY (SELECT generate_series(1, 100000000)) TO STDOUT (FORMAT binary)", Int32.self
        ) { _ in
          count += 1
          if count == 1_000 { throw Unrelated() }
        }
      }
      #expect(try await connection.query("SELECT 1").count == 1)
    }
    var error = try await failure {
      try await connection.copyOut(
        "COPY (SELECT 1 / (50000 - n) FROM generate_series(1, 60000) AS n) TO STDOUT (FORMAT binary)", Int32.self
      ) { _ in }
    }
    #expect(error.sqlstate == "22012")
    error = try await failure {
      try await connection.copyOut("COPY (SELECT 1, 2) TO STDOUT (FORMAT binary)", Int32.self) { _ in }
    }
    #expect(error.kind == .decoding && error.message.contains("2 columns"))
    error = try await failure {
      try await connection.copyOut("COPY (SELECT 1) TO STDOUT (FORMAT binary)", UUID.self) { _ in }
    }
    #expect(error.kind == .decoding)
    #expect(try await connection.query("SELECT 1").count == 1)
    await connection.close()
  }

  @Test("other statements are refused while a COPY is under way")
  func exclusive() async throws {
    let connection = try await prepare()
    let rows = AsyncThrowingStream<[(any PostgresEncodable)?], any Error> {
      let error = try await failure { try await connection.query("SELECT 1") }
      #expect(error.kind == .misuse)
      return nil
    }
    #expect(try await connection.copyIn(load, rows: rows) == 0)
    #expect(try await connection.query("SELECT 1").count == 1)
    await connection.close()
  }

  @Test("a cancelled task ends its COPY, and nothing is loaded")
  func cancellation() async throws {
    let connection = try await prepare()
    let task = Task {
      try await connection.copyIn(load, 0..<1_000_000) { (n, row) throws(PostgresError) in
        if n == 20_000 { withUnsafeCurrentTask { $0?.cancel() } }
        try row.append(n)
        try row.append(Double?.none)
        try row.append("x")
      }
    }
    let error = try await failure { _ = try await task.value }
    #expect(error.kind == .cancelled)
    #expect(try await connection.query("SELECT count(*) FROM t").only().decode(Int.self) == 0)
    await connection.close()
  }
}

import Postgres
import TestServer
import Testing

@Suite("Connection")
struct ConnectionTests {
  @Test("a query, a pipeline and a transaction go through one connection")
  func basics() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    let rows = try await connection.query("SELECT \(40) + \(2) AS sum, \("x") AS text, \(Int?.none) AS nothing")
    let (sum, text, nothing) = try rows.only().decode(Int.self, String.self, Int?.self)
    #expect(sum == 42 && text == "x" && nothing == nil)
    #expect(try rows[0].get("sum", as: Int.self) == 42)
    let insert = Statement(name: "insert", text: "INSERT INTO t VALUES ($1)")
    try await connection.script("CREATE TABLE t (n bigint)")
    let results = try await connection.pipeline([insert(1), insert(2), "SELECT count(*) FROM t"])
    #expect(try results[2].only().decode(Int.self) == 2)
    #expect(results[0].affected == 1)
    let count = try await connection.transaction { connection in
      try await connection.query(insert(3))
      return try await connection.query("SELECT count(*) FROM t").only().decode(Int.self)
    }
    #expect(count == 3)
    let psql = try await db.psql("SELECT count(*) FROM t", options: ["-At"])
    #expect(psql.out == "3\n" && psql.status == 0)
    await connection.close()
    #expect(connection.isDead)
    await db.drop()
  }
}

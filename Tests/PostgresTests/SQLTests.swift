import Testing

@testable import Postgres

@Suite("SQL")
struct SQLTests {
  @Test("interpolated values become parameters, whatever they contain")
  func interpolation() {
    let name = "'; DROP TABLE jobs; --"
    let sql: SQL = "SELECT * FROM t WHERE a = \(name) AND b = \(Int?.none) AND c = ANY(\([1, 2]))"
    #expect(sql.text == "SELECT * FROM t WHERE a = $1 AND b = $2 AND c = ANY($3)")
    #expect(sql.parameters.map(\.type) == [.text, .int8, .int8Array])
    #expect(sql.parameters[0].bytes == Array(name.utf8))
    #expect(sql.parameters[1].bytes == nil)
    #expect(sql.name == nil)
  }

  @Test("a literal has no parameters")
  func literal() {
    let sql: SQL = "SELECT 1"
    #expect(sql.text == "SELECT 1" && sql.parameters.isEmpty)
  }

  @Test("a schema is inserted as a quoted identifier, whatever it contains")
  func schemas() {
    let statement = Statement("s", "SELECT * FROM @twins@.t", schemas: ["twins": "a\"b"])
    #expect(statement.text == "SELECT * FROM \"a\"\"b\".t")
  }

  @Test("a statement called with nil leaves the type to the server")
  func statementParameters() {
    let sql = Statement(name: "s", text: "SELECT $1, $2")(1, nil)
    #expect(sql.name == "s")
    #expect(sql.parameters.map(\.type) == [.int8, .unspecified])
    #expect(sql.parameters[1].bytes == nil)
  }

  @Test("a text for a type without a cast is sent as text of no type")
  func untyped() {
    let sql: SQL = "SELECT \(UntypedText("x"))"
    #expect(sql.parameters == [Parameter(type: .unspecified, format: .text, bytes: Array("x".utf8))])
  }

  @Test("the description of an error holds no detail, which may quote rows")
  func errorDescription() {
    let error = PostgresError(.server, "refused", sqlstate: "23505", hint: "do else")
      .changing {
        $0.detail = "Key (mail)=(a@b.c) already exists."
        $0.statementName = "insert_user"
      }
    #expect("\(error)" == "refused [23505] in statement insert_user. Hint: do else")
    #expect(String(reflecting: error).contains("a@b.c"))
    #expect(error.sqlstate == "23505" && !error.isConnectionLoss && !error.isRetryable)
  }
}

@Suite("PreparedStatements")
struct PreparedStatementsTests {
  @Test("a statement is prepared once, and again for other types or another text")
  func lookup() {
    var statements = PreparedStatements()
    func needs(_ text: String, _ types: [PostgresType]) -> String? {
      if statements.find(name: "s", text: text, types: types) != nil { return nil }
      let entry = statements.plan(name: "s", text: text, types: types)
      statements.confirm(entry, name: "s")
      return entry.serverName
    }
    #expect(needs("a", [.int8]) == "s#1")
    #expect(needs("a", [.int8]) == nil)
    #expect(needs("a", [.float8]) == "s#2")
    #expect(needs("b", [.float8]) == "s#3")
    #expect(needs("b", [.unspecified]) == nil)
    #expect(statements.forget(name: "s") == "s#3")
    #expect(needs("b", [.unspecified]) == "s#4")
    // The server has chosen a type that is not known here: a typed parameter needs its own.
    #expect(needs("b", [.float8]) == "s#5")
    #expect(needs("b", [.unspecified]) == nil)
  }

  @Test("names on the server stay below the 63 bytes that it keeps")
  func longNames() {
    var statements = PreparedStatements()
    let name = String(repeating: "long", count: 40)
    #expect(statements.plan(name: name, text: "", types: []).serverName.utf8.count <= 63)
  }
}

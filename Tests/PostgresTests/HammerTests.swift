import Postgres
import TestServer
import Testing

@Suite("Cancellation under load", .dropsDatabases)
struct HammerTests {
  private static let echo = Statement(name: "echo", text: "SELECT $1 AS value, pg_sleep($2)")

  /// Asks for `value`; the answer, or the kind of the error.
  private static func ask(
    _ connection: Connection, _ value: Int, sleep: Double, deadline: Duration?
  ) async throws -> Result<Int, PostgresError> {
    let rows: Rows
    do {
      rows = try await connection.query(echo(value, sleep), deadline: deadline)
    } catch {
      return .failure(error)
    }
    return .success(try rows.only().get("value"))
  }

  @Test("a cancellation that comes late never hits the next statement")
  func lateCancellation() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    for round in 0..<200 {
      // The statement takes about as long as it may: the cancellation meets its end, now before and now after.
      let answer = try await Self.ask(
        connection, round, sleep: 0.002, deadline: .microseconds(1_500 + round * 10))
      switch answer {
      case .success(let value): #expect(value == round)
      case .failure(let error): #expect(error.kind == .deadlineExceeded)
      }
      #expect(try await connection.query("SELECT \(round)").only().decode(Int.self) == round)
    }
    await connection.close()
  }

  /// One caller of many: 40 questions, some with a short deadline, some cancelled.
  private static func call(_ caller: Int, _ connection: Connection) async throws {
    for round in 0..<40 {
      let value = caller * 1_000 + round
      let isImpatient = (caller + round) % 3 == 0
      let task = Task {
        try await ask(
          connection, value, sleep: isImpatient ? 0.002 : 0.0001, deadline: isImpatient ? .milliseconds(1) : nil)
      }
      if (caller + round) % 5 == 0 { task.cancel() }
      switch try await task.value {
      case .success(let answer): #expect(answer == value)
      case .failure(let error): #expect(error.kind == .deadlineExceeded || error.kind == .cancelled)
      }
    }
  }

  @Test("many callers with deadlines and cancellations on one connection each get their own answer, or their error")
  func hammering() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for caller in 0..<8 {
        group.addTask { try await Self.call(caller, connection) }
      }
      try await group.waitForAll()
    }
    #expect(!connection.isDead)
    await connection.close()
  }
}

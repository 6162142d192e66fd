import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Wake-up", .queueDatabase, .timeLimit(.minutes(30)))
struct WakeTests: DatabaseSuite {
  private struct Ear {
    let connection: Connection
    let notifications: AsyncStream<Notification>

    init(_ database: TestDatabase) async throws {
      connection = try await database.connect()
      notifications = connection.notifications()
      try await connection.script("LISTEN twinmill_jobs")
    }

    /// The notifications up to now: it sends a last one and waits for that.
    func heard(_ sender: Connection) async throws -> [String] {
      try await sender.script("SELECT pg_notify('twinmill_jobs', 'last word')")
      var heard: [String] = []
      for await notification in notifications {
        if notification.payload == "last word" { return heard }
        heard.append(notification.payload)
      }
      return heard
    }
  }

  @Test("whoever enqueues notifies the job's queue, and nobody when the job waits for its time")
  func notified() async throws {
    let ear = try await Ear(database)
    _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'a')")
    _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'b', run_at => now() + interval '1 h')")
    #expect(try await ear.heard(connection) == ["a"])
  }

  @Test("many jobs at once notify each of their queues once")
  func bulk() async throws {
    let ear = try await Ear(database)
    _ = try await connection.query(
      """
      SELECT count(*) FROM twinmill.enqueue_many((
        SELECT jsonb_agg(jsonb_build_object('kind', 'probe', 'queue', CASE WHEN n % 2 = 0 THEN 'a' ELSE 'b' END))
        FROM generate_series(1, 500) AS n))
      """)
    #expect(try await ear.heard(connection).sorted() == ["a", "b"])
  }

  @Test("beside a transaction that is about to notify a queue nobody else does, and nobody waits for it")
  func throttled() async throws {
    let ear = try await Ear(database)
    let notifier = try await database.connect()
    try await notifier.script("BEGIN")
    try await notifier.takeWakeTurns(of: "a")
    for queue in ["a", "b", "a"] {
      _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => \(queue))")
    }
    let heard = try await ear.heard(connection)
    #expect(heard == ["b"])
    // A session that left the notification to the other is seen until it has committed.
    #expect(try await !JobQueue.enqueuesUnderWay(on: connection))
    let late = try await database.connect()
    try await late.script("BEGIN")
    _ = try await late.query("SELECT twinmill.enqueue('probe', queue => 'a')")
    #expect(try await JobQueue.enqueuesUnderWay(on: connection))
    try await late.script("COMMIT")
    #expect(try await !JobQueue.enqueuesUnderWay(on: connection))
    try await notifier.script("COMMIT")
  }

  @Test("a session whose calls follow one another notifies twice in a turn of 10 ms, and is seen while it keeps quiet")
  func burst() async throws {
    let ear = try await Ear(database)
    var calls = 0
    var inOneTurn = 0
    // Until three calls have fallen into one turn.
    while inOneTurn < 3 {
      let before = try await turn(connection)
      for _ in 1...3 { _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'a')") }
      calls += 3
      inOneTurn = try await turn(connection) == before ? 3 : 0
    }
    let heard = try await ear.heard(connection)
    #expect(heard.count < calls)
    #expect(heard.count >= 2)
  }

  /// The number of the throttle's turn.
  private func turn(_ connection: Connection) async throws -> Int64 {
    try await connection.query("SELECT (date_part('epoch', clock_timestamp()) * 100)::bigint").only().decode(Int64.self)
  }

  @Test("a call that is rolled back does not keep its session quiet")
  func rolledBack() async throws {
    let ear = try await Ear(database)
    for _ in 1...5 {
      try await connection.script("BEGIN; SELECT twinmill.enqueue('probe', queue => 'a'); ROLLBACK")
    }
    let told = try await connection.query("SELECT coalesce(current_setting('twinmill.notified', true), '')").only()
    #expect(try told.decode(String.self) == "")
    _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'a')")
    #expect(try await ear.heard(connection) == ["a"])
  }

  @Test("while a listener looks, whoever enqueues notifies, whatever the throttle says")
  func lookedAt() async throws {
    let ear = try await Ear(database)
    let looking = try await database.connect()
    try await looking.script("BEGIN")
    #expect(try await !JobQueue.enqueuesUnderWay(on: looking))
    for _ in 1...3 { _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'a')") }
    try await looking.script("COMMIT")
    #expect(try await ear.heard(connection) == ["a", "a", "a"])
  }

  @Test(
    "a long transaction takes two locks for its wake-ups, however many jobs it enqueues for how long",
    arguments: [true, false])
  func locks(_ notifies: Bool) async throws {
    _ = try await connection.query("SELECT twinmill.set_notify(\(notifies))")
    try await connection.script("BEGIN")
    // Over several turns of the throttle.
    try await connection.script(
      "DO $$ BEGIN FOR n IN 1..5 LOOP PERFORM twinmill.enqueue('probe'), pg_sleep(0.011); END LOOP; END $$")
    let held = try await connection.query(
      "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
    #expect(try held.only().decode(Int64.self) == 2)
    try await connection.script("COMMIT")
  }

  @Test("operators switch the notifications off and on")
  func switchedOff() async throws {
    let ear = try await Ear(database)
    _ = try await connection.query("SELECT twinmill.set_notify(false)")
    _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'a')")
    #expect(try await ear.heard(connection) == [])
    _ = try await connection.query("SELECT twinmill.set_notify(true)")
    _ = try await connection.query("SELECT twinmill.enqueue('probe', queue => 'b')")
    let heard = try await ear.heard(connection)
    #expect(heard == ["b"])
  }
}

import Postgres
import TestServer
import Testing

@Suite("Notifications", .dropsDatabases)
struct NotificationTests {
  @Test("an idle connection delivers what NOTIFY sends, to every stream, in order")
  func delivery() async throws {
    let db = try await TestDatabase.create()
    let (listener, sender) = (try await db.connect(), try await db.connect())
    let streams = [listener.notifications(), listener.notifications()]
    try await listener.query("LISTEN jobs")
    for number in 0..<100 { try await sender.query("SELECT pg_notify('jobs', \(String(number)))") }
    for stream in streams {
      var iterator = stream.makeAsyncIterator()
      for number in 0..<100 {
        let notification = await iterator.next()
        #expect(notification?.channel == "jobs" && notification?.payload == String(number))
        #expect(notification?.sender == (sender.serverProcess))
      }
    }
    await listener.close()
    await sender.close()
  }

  @Test("a connection that is busy delivers too")
  func whileBusy() async throws {
    let db = try await TestDatabase.create()
    let listener = try await db.connect()
    var iterator = listener.notifications().makeAsyncIterator()
    try await listener.script("LISTEN jobs; NOTIFY jobs")
    #expect(await iterator.next()?.payload == "")
    await listener.close()
    #expect(await iterator.next() == nil)
  }

  @Test("the streams end when the server ends the idle connection, which is dead then")
  func end() async throws {
    let db = try await TestDatabase.create()
    let (listener, killer) = (try await db.connect(), try await db.connect())
    let stream = listener.notifications()
    try await listener.query("LISTEN jobs")
    try await killer.query("SELECT pg_terminate_backend(\(listener.serverProcess))")
    for await _ in stream { Issue.record("nothing was sent") }
    #expect(listener.isDead)
    for await _ in listener.notifications() { Issue.record("it is dead") }
    let error = try await failure { try await listener.query("SELECT 1") }
    #expect(error.kind == .connectionLost && error.sqlstate == "57P01")
    await killer.close()
  }
}

import FoundationEssentials
import Jobs
import Postgres
import Queue
import TestServer
import Testing

@Suite("Sweep", .dropsDatabases)
struct SweepTests {
  private func marks(_ test: JobsDatabase) async throws -> Int {
    try await test.count("SELECT count(*) FROM twinmill.twin_changes")
  }

  private func predictions(_ test: JobsDatabase) async throws -> Int {
    try await test.count("SELECT count(*) FROM twinmill.jobs WHERE kind = 'prediction'")
  }

  private func change(_ test: JobsDatabase, _ twin: UUID) async throws {
    _ = try await test.connection.query(
      "INSERT INTO twin_snapshots (id, twin_id, snapshot_date) VALUES (\(UUID()), \(twin), now())")
  }

  @Test("many changes of a twin become one job; the next sweep finds nothing and writes nothing")
  func oneJob() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.skincareTwin("1", days: 10)
    for _ in 0..<3 { try await change(test, twin) }
    #expect(try await marks(test) == 4)
    let sweep = try await test.enqueue("sweep")
    #expect(try await test.run(test.sweep) == [sweep: .stored])
    #expect(try await marks(test) == 0)
    #expect(
      try await test.count(
        "SELECT count(*) FROM twinmill.jobs WHERE kind = 'prediction' AND twin_id = \(twin) AND unique_key = 'twinmill:recompute:' || \(twin)::text"
      )
        == 1)
    let next = try await test.enqueue("sweep")
    #expect(try await test.run(test.sweep) == [next: .unchanged])
  }

  @Test("a change while a job waits is merged into it, and its marks go")
  func mergedWithWaiting() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.skincareTwin("1", days: 10)
    _ = try await test.connection.query("SELECT twinmill.recompute(\(twin))")
    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    #expect(try await predictions(test) == 1)
    #expect(try await marks(test) == 0)
  }

  @Test("a change while a job runs keeps its marks until the job has ended, then asks for another")
  func mergedWithRunning() async throws {
    let test = try await JobsDatabase.create()
    let twin = try await test.skincareTwin("1", days: 10)
    let other = try await test.skincareTwin("2", days: 10)
    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    #expect(try await predictions(test) == 2)

    // The jobs read their input, then the first twin changes, and a sweep comes before they end.
    try await test.run(test.prediction) {
      try await change(test, twin)
      _ = try await test.enqueue("sweep")
      try await test.run(test.sweep)
      #expect(try await marks(test) == 1)
      #expect(try await predictions(test) == 2)
    }
    #expect(try await predictions(test) == 0)
    #expect(
      try await test.connection.query("SELECT state FROM twinmill.freshness WHERE twin_id = \(twin)").only()
        .decode(String.self) == "stale")
    #expect(
      try await test.connection.query("SELECT state FROM twinmill.freshness WHERE twin_id = \(other)").only()
        .decode(String.self) == "fresh")

    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    #expect(try await marks(test) == 0)
    #expect(try await predictions(test) == 1)
    #expect(try await test.run(test.prediction).values.contains(.unchanged), "the new snapshot holds no metrics")
    #expect(
      try await test.connection.query("SELECT state FROM twinmill.freshness WHERE twin_id = \(twin)").only()
        .decode(String.self) == "fresh")
  }

  @Test("a mark that commits while the sweep runs is not lost, though its number is lower")
  func lateCommit() async throws {
    let test = try await JobsDatabase.create()
    let first = try await test.skincareTwin("1", days: 0)
    let second = try await test.skincareTwin("2", days: 0)
    try await test.connection.script("DELETE FROM twinmill.twin_changes")
    let writer = try await test.database.connect()
    try await writer.transaction { writer in
      _ = try await writer.query(
        "INSERT INTO twin_snapshots (id, twin_id, snapshot_date) VALUES (\(UUID()), \(first), now())")
      try await change(test, second)
      _ = try await test.enqueue("sweep")
      try await test.run(test.sweep)
    }
    #expect(try await marks(test) == 1)
    #expect(try await predictions(test) == 1)
    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    #expect(try await marks(test) == 0)
    #expect(try await predictions(test) == 2)
  }

  @Test("marks of twins that are gone or have no domain go without a job, and what was known of them too")
  func goneTwins() async throws {
    let test = try await JobsDatabase.create()
    let gone = try await test.skincareTwin("1", days: 30)
    let bare = UUID()
    _ = try await test.connection.query("INSERT INTO user_digital_twins (id) VALUES (\(bare))")
    try await change(test, bare)
    _ = try await test.enqueue("prediction", twin: gone)
    try await test.run(test.prediction)
    #expect(try await test.count("SELECT count(*) FROM twinmill.results") == 1)
    _ = try await test.connection.query("DELETE FROM user_digital_twins WHERE id = \(gone)")
    #expect(try await marks(test) > 0)
    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    #expect(try await marks(test) == 0)
    #expect(try await predictions(test) == 0)
    #expect(try await test.count("SELECT count(*) FROM twinmill.results") == 0)
  }

  @Test("a run takes the oldest marks up to its limit and leaves the rest")
  func limit() async throws {
    let test = try await JobsDatabase.create()
    let old = try await test.skincareTwin("old", days: 0)
    let new = try await test.skincareTwin("new", days: 0)
    _ = try await test.connection.query(
      "INSERT INTO twinmill.twin_changes (twin_id, source) SELECT \(old), 'test' FROM generate_series(1, \(Int32(Sweep.markLimit)))"
    )
    try await change(test, new)
    _ = try await test.enqueue("sweep")
    try await test.run(test.sweep)
    #expect(try await predictions(test) == 1)
    #expect(try await marks(test) == 1)
  }
}

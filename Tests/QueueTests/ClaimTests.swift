import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Claim")
struct ClaimTests {
  @Test("a claim takes up to its limit in order, charges the attempt and owns the jobs")
  func takes() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    let queue = try await JobQueue.registered(on: connection)
    try await connection.enqueueProbes(5)
    let claim = try await queue.claim(limit: 3, on: connection)
    #expect(claim.jobs.map(\.id) == [1, 2, 3])
    #expect(claim.jobs.allSatisfy { $0.attempt == 1 && $0.token == claim.token })
    let owned = try await connection.value(
      "SELECT count(*) FROM twinmill.jobs WHERE state = 'running' AND claimed_by = \(queue.worker)", as: Int64.self)
    #expect(owned == 3)
  }

  @Test("lower priority numbers come first, then older jobs")
  func priority() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    let queue = try await JobQueue.registered(on: connection)
    try await connection.enqueueProbes(1, priority: 5)
    try await connection.enqueueProbes(1, kind: "other", priority: -1)
    try await connection.enqueueProbes(1, priority: -1)
    let lanes = [("probe", 5), ("other", -1), ("probe", -1)].map { kind, priority in
      JobQueue.LaneClaim(lane: Lane(queue: "default", kind: kind, priority: priority), cursor: 0, limit: 10)
    }
    var order: [JobID] = []
    for _ in 0..<3 { order += try await queue.claim(from: lanes, token: UUID(), on: connection).jobs.map(\.id) }
    #expect(order == [2, 3, 1])
  }

  @Test("workers side by side never claim the same job")
  func disjoint() async throws {
    let database = try await QueueDatabase.create()
    try await database.connect().enqueueProbes(400)
    let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
      for _ in 0..<4 {
        group.addTask {
          let connection = try await database.connect()
          let queue = try await JobQueue.registered(on: connection)
          var ids: [JobID] = []
          while case let jobs = try await queue.claim(limit: 7, on: connection).jobs, !jobs.isEmpty {
            ids += jobs.map(\.id)
          }
          return ids
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(claimed.count == 400)
    #expect(Set(claimed).count == 400)
  }

  @Test("a worker that is not registered, or whose lease has ended, claims nothing")
  func needsLease() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueProbes(1)
    let stranger = JobQueue(worker: UUID())
    #expect(try await stranger.claim(on: connection).jobs.isEmpty)
    let late = try await JobQueue.registered(on: connection, lease: .zero)
    #expect(try await late.claim(on: connection).jobs.isEmpty)
  }

  @Test("a job that commits late, with an id behind the newest, is found from a trailing cursor")
  func lateCommit() async throws {
    // Of its own: transactions of other tests would hold the cursor back.
    let server = try await TestServer.own()
    let database = try await QueueDatabase.create(on: server)
    let connection = try await database.connect()
    let slow = try await database.connect()
    let queue = try await JobQueue.registered(on: connection)
    try await slow.script("BEGIN; SELECT twinmill.enqueue('probe')")
    try await connection.enqueueProbes(3)

    var cursors = ClaimCursors()
    let lane = Lane(queue: "default", kind: "probe", priority: 0)
    cursors.found(lane, first: 1, at: .now)
    func claim() async throws -> [JobID] {
      let from = cursors.lanes.map { JobQueue.LaneClaim(lane: $0.lane, cursor: $0.cursor, limit: 100) }
      let claim = try await queue.claim(from: from, token: UUID(), on: connection)
      if let snapshot = claim.snapshot, let last = claim.jobs.last {
        cursors.claimed(lane, highest: last.id, isDrained: true, snapshot: snapshot, at: .now)
      }
      return claim.jobs.map(\.id)
    }
    #expect(try await claim() == [2, 3, 4])
    try await connection.enqueueProbes(1)
    #expect(try await claim() == [5])
    try await slow.script("COMMIT")
    #expect(try await claim() == [1])
    try await connection.enqueueProbes(1)
    #expect(try await claim() == [6])
    try await connection.enqueueProbes(1)
    #expect(try await claim() == [7])
    #expect(cursors.lanes[0].cursor >= 5)
    await server.stop()
  }

  @Test("a survey makes due jobs ready, finds every lane's front, and says when the next is due")
  func survey() async throws {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    let queue = try await JobQueue.registered(on: connection)
    try await connection.enqueueProbes(2)
    try await connection.enqueueProbes(2, kind: "other", priority: 3)
    _ = try await connection.query("SELECT twinmill.enqueue('probe', run_at => now() + interval '1 hour')")
    _ = try await connection.query("SELECT twinmill.enqueue('probe', run_at => now() + interval '2 hours')")
    _ = try await connection.query("UPDATE twinmill.jobs SET run_at = now() WHERE id = 5")
    let survey = try await queue.survey(queues: ["default"], kinds: ["probe", "other"], on: connection)
    let fronts = Dictionary(survey.fronts.map { ($0.lane, $0.first) }, uniquingKeysWith: min)
    #expect(
      fronts == [
        Lane(queue: "default", kind: "probe", priority: 0): 1, Lane(queue: "default", kind: "other", priority: 3): 3,
      ])
    let promoted = try await connection.value("SELECT state::text FROM twinmill.jobs WHERE id = 5", as: String.self)
    #expect(promoted == "ready")
    let due = try #require(survey.nextDue)
    #expect(due > .seconds(7000) && due <= .seconds(7200))
    let onlyOther = try await queue.survey(queues: ["default"], kinds: ["other"], on: connection)
    #expect(onlyOther.fronts.map(\.first) == [3])
  }
}

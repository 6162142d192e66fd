import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Claim", .dropsDatabases)
struct ClaimTests: DatabaseSuite {
  @Test("a claim takes up to its limit in order, charges the attempt and owns the jobs", .queueDatabase)
  func takes() async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(5)
    let claim = try await queue.claim(limit: 3, on: connection)
    #expect(claim.jobs.map(\.id) == [1, 2, 3])
    #expect(claim.jobs.allSatisfy { $0.attempt == 1 && $0.token == claim.token })
    let owned = try await connection.value(
      "SELECT count(*) FROM twinmill.jobs WHERE state = 'running' AND claimed_by = \(queue.id)", as: Int64.self)
    #expect(owned == 3)
  }

  @Test("lower priority numbers come first, then older jobs", .queueDatabase)
  func priority() async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(1, priority: 5)
    try await connection.enqueueProbes(1, kind: "other", priority: -1)
    try await connection.enqueueProbes(1, priority: -1)
    let ranges = try await queue.ranges(["probe", "other"], on: connection)
    var order: [JobID] = []
    for _ in 0..<3 { order += try await queue.claimUnlimited(ranges, token: UUID(), on: connection).jobs.map(\.id) }
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
          let queue = try await QueueWorker.registered(on: connection)
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

  @Test("workers that start together tell of their kinds in any order")
  func kindsSideBySide() async throws {
    let database = try await QueueDatabase.create()
    let kinds = ["a", "b", "c", "d"].map { QueueDatabase.definition($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for order in [kinds, kinds.reversed()] {
        group.addTask {
          let connection = try await database.connect()
          for _ in 0..<200 { try await JobQueue.register(kinds: order, on: connection) }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("a worker that is not registered, or whose lease has ended, claims nothing", .queueDatabase)
  func needsLease() async throws {
    try await connection.enqueueProbes(1)
    let stranger = QueueWorker()
    #expect(try await stranger.claim(on: connection).jobs.isEmpty)
    let late = try await QueueWorker.registered(on: connection, lease: .zero)
    #expect(try await late.claim(on: connection).jobs.isEmpty)
  }

  @Test("a job that commits late, with an id behind the newest, is found from a trailing cursor")
  func lateCommit() async throws {
    // Of its own: transactions of other tests would hold the cursor back.
    let server = try await TestServer.own()
    let database = try await QueueDatabase.create(on: server)
    let connection = try await database.connect()
    let slow = try await database.connect()
    let queue = try await QueueWorker.registered(on: connection)
    _ = try await connection.query("SELECT twinmill.lane('default', 'probe', '', 0)")
    try await slow.script("BEGIN; SELECT twinmill.enqueue('probe')")
    try await connection.enqueueProbes(3)

    var cursors = ClaimCursors()
    let lane = try #require(
      try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: ["probe"], on: connection).lanes.first)
    let laneQueue = LaneQueue(lane: lane.number, order: .fresh)
    func claim() async throws -> [JobID] {
      let range = ClaimRange(
        lane: lane, order: .fresh, cursor: cursors.cursor(of: laneQueue, at: .now), limit: 100)
      let claim = try await queue.claimUnlimited([range], token: UUID(), on: connection)
      cursors.claimed(
        laneQueue, after: range.cursor, lastPosition: claim.portions[0].lastPosition, isDrained: true,
        snapshot: claim.snapshot, at: .now)
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
    #expect(cursors.cursor(of: laneQueue, at: .now) >= 5)
    await server.stop()
  }

  @Test("who meets a job that was claimed between its snapshot and its row lock gives it up", .queueDatabase)
  func overlap() async throws {
    let first = try await QueueWorker.registered(on: connection)
    let second = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(3)
    let theirs = try await first.claim(limit: 2, on: connection)
    #expect(theirs.jobs.map(\.id) == [1, 2])
    // As a claim whose snapshot is older than the first one's commit would have written it.
    let token = UUID()
    _ = try await connection.query(
      """
      INSERT INTO twinmill.claims (token, worker, lane, is_requeued, first_position, last_position, job_ids)
      SELECT \(token), \(second.id), lane, false, 1, 3, '{1,2,3}' FROM twinmill.lanes
      """)
    let given = try await connection.query(Statements.claimOverlap(token))
    let ids: [Int64] = try given.map { try $0.decode(Int64.self) }
    #expect(ids.sorted() == [1, 2])
    let kept = try await connection.value(
      "SELECT job_ids FROM twinmill.claims WHERE token = \(token)", as: [Int64].self)
    #expect(kept == [3])
    let untouched = try await connection.value(
      "SELECT job_ids FROM twinmill.claims WHERE token = \(theirs.token)", as: [Int64].self)
    #expect(untouched == [1, 2])
  }

  @Test("a claim passes what others work on, and finds what lies behind it", .queueDatabase)
  func passesOthers() async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(5)
    #expect(try await queue.claim(limit: 2, on: connection).jobs.map(\.id) == [1, 2])
    #expect(try await queue.claim(limit: 2, on: connection).jobs.map(\.id) == [3, 4])
    #expect(try await queue.claim(limit: 2, on: connection).jobs.map(\.id) == [5])
    #expect(try await queue.claim(limit: 2, on: connection).jobs.isEmpty)
  }

  @Test("of many lanes a scan, part by part, and a reading of what is new find those that have jobs", .queueDatabase)
  func manyLanes() async throws {
    func name(_ heads: [JobQueue.LaneHead]) -> [String] {
      heads.map { "\($0.lane.tenant) \($0.order) \($0.position)" }.sorted()
    }
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', tenant => t) FROM unnest('{a,b,c,d,e,f}'::text[]) AS t;
      SELECT twinmill.cancel(1), twinmill.cancel(4);
      UPDATE twinmill.live_jobs SET crashes = 2 WHERE job_id = 2;
      UPDATE twinmill.live_jobs SET requeue_seq = nextval('twinmill.requeue_sequence') WHERE job_id = 3;
      UPDATE twinmill.live_jobs SET state = 'scheduled', run_at = 'infinity' WHERE job_id = 5;
      """)
    let few = try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: ["probe"], few: 6, on: connection)
    #expect(few.lanes.map(\.tenant).sorted() == ["a", "b", "c", "d", "e", "f"] && !few.areMany)
    let many = try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: ["probe"], few: 5, on: connection)
    #expect(many.lanes.isEmpty && many.areMany)
    var next: Int32? = 0
    var parts: [[String]] = []
    while let lane = next {
      let scan = try await JobQueue.scanLanes(after: lane, queues: nil, kinds: ["probe"], limit: 1, on: connection)
      parts.append(name(scan.heads))
      next = scan.next
    }
    #expect(parts == [["c requeued 1"], ["f fresh 6"], []])
    let start = try await JobQueue.promoteDueAndFindLanes(since: nil, queues: nil, kinds: ["probe"], on: connection)
    #expect(start.heads.isEmpty && start.reached == .init(fresh: 6, requeued: 1))
    try await connection.script(
      """
      UPDATE twinmill.live_jobs SET run_at = now() WHERE job_id = 5;
      SELECT twinmill.enqueue('probe', tenant => 'c');
      SELECT twinmill.enqueue('probe', tenant => 'g', queue => 'other', priority => 3);
      """)
    let news = try await JobQueue.promoteDueAndFindLanes(
      since: start.reached, queues: nil, kinds: ["probe"], on: connection)
    #expect(name(news.heads) == ["c fresh 7", "e requeued 2", "g fresh 8"])
    #expect(news.reached == .init(fresh: 8, requeued: 2) && news.isEnd == (true, true))
    let lane = try #require(news.heads.first { $0.lane.tenant == "g" }?.lane)
    #expect(lane.queue == "other" && lane.priority == 3 && !lane.isLimited)
    let served = try await JobQueue.promoteDueAndFindLanes(
      since: start.reached, queues: ["other"], kinds: ["probe"], on: connection)
    #expect(name(served.heads) == ["g fresh 8"])
    try await connection.script("SELECT twinmill.pause('other')")
    let paused = try await JobQueue.promoteDueAndFindLanes(
      since: news.reached, queues: nil, kinds: ["probe"], on: connection)
    #expect(paused.heads.isEmpty && paused.settings != news.settings)
  }

  @Test(
    "one claim fills a batch from many lanes of a kind and an order, the one that waits longest first", .queueDatabase)
  func fillsFromLanes() async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', tenant => t) FROM unnest('{a,b,a,c}'::text[]) AS t;
      SELECT twinmill.enqueue('other', tenant => 'd');
      SELECT twinmill.enqueue('probe', tenant => 'e');
      UPDATE twinmill.live_jobs SET requeue_seq = nextval('twinmill.requeue_sequence') WHERE job_id = 6;
      """)
    let ranges = try await queue.ranges(["probe", "other"], limit: 3, on: connection)
    let first = try await queue.claimUnlimited(ranges, token: UUID(), on: connection)
    #expect(first.jobs.map(\.id) == [1, 3, 2] && first.jobs.map(\.tenant) == ["a", "a", "b"])
    #expect(first.portions.map(\.count) == [2, 1])
    #expect(
      try await connection.value("SELECT lane FROM twinmill.claims WHERE lanes IS NOT NULL", as: Int32.self) == 0)
    // A claim passes what the claim of several lanes holds; the other order and the other kind have batches of their own.
    var others: [[JobID]] = []
    for _ in 0..<4 {
      others.append(try await queue.claimUnlimited(ranges, token: UUID(), on: connection).jobs.map(\.id))
    }
    #expect(others == [[4], [5], [6], []])
    let ended = try await queue.end(first.jobs, .completed, token: first.token, on: connection)
    #expect(ended.sorted() == [1, 2, 3])
    let archived: [String] = try await connection.value(
      "SELECT array_agg(tenant ORDER BY job_id) FROM twinmill.job_history")
    #expect(archived == ["a", "b", "a"])
  }

  @Test("of two claims of several lanes that met the same jobs the later one gives them up", .queueDatabase)
  func overlapOfLanes() async throws {
    let first = try await QueueWorker.registered(on: connection)
    let second = try await QueueWorker.registered(on: connection)
    try await connection.script(
      "SELECT twinmill.enqueue('probe', tenant => t) FROM unnest('{a,b,c,d}'::text[]) AS t")
    let theirs = try await first.claim(limit: 2, on: connection)
    #expect(theirs.jobs.map(\.id) == [1, 2])
    let token = UUID()
    _ = try await connection.query(
      """
      INSERT INTO twinmill.claims
        (token, worker, lane, is_requeued, first_position, last_position, job_ids, lanes, queues)
      SELECT \(token), \(second.id), 0, false, 2, 3, '{2,3}', array_agg(lane ORDER BY lane), '{default}'
      FROM twinmill.live_jobs WHERE job_id IN (2, 3)
      """)
    let given: [Int64] = try await connection.query(Statements.claimOverlap(token)).map { try $0.decode(Int64.self) }
    #expect(given == [2])
    let kept: [Int64] = try await connection.value("SELECT job_ids FROM twinmill.claims WHERE token = \(token)")
    #expect(kept == [3])
  }

  @Test(
    "a reading makes due jobs ready, knows every lane, says when the next is due; heads are what nobody works on",
    .queueDatabase
  )
  func readsLanes() async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.enqueueProbes(2)
    try await connection.enqueueProbes(2, kind: "other", priority: 3)
    _ = try await connection.query("SELECT twinmill.enqueue('probe', run_at => now() + interval '1 hour')")
    _ = try await connection.query("SELECT twinmill.enqueue('probe', run_at => now() + interval '2 hours')")
    _ = try await connection.query("UPDATE twinmill.live_jobs SET run_at = now() WHERE job_id = 5")
    let reading = try await JobQueue.promoteDueAndReadLanes(
      queues: ["default"], kinds: ["probe", "other"], on: connection)
    #expect(Set(reading.lanes.map { [$0.kind, String($0.priority)] }) == [["probe", "0"], ["other", "3"]])
    #expect(reading.promoted == 1)
    let due = try #require(reading.nextDue)
    #expect(due > .seconds(7000) && due <= .seconds(7200))
    #expect(try await queue.claim(limit: 1, on: connection).jobs.map(\.id) == [1])
    let lanes = Dictionary(uniqueKeysWithValues: reading.lanes.map { ($0.number, $0.kind) })
    let heads = try await JobQueue.headScan(of: reading.lanes, on: connection)
    let named = heads.map { (lanes[$0.queue.lane]! + ($0.queue.order == .requeued ? " again" : ""), $0.position) }
    let found = Dictionary(uniqueKeysWithValues: named)
    #expect(found == ["probe": 2, "probe again": 1, "other": 3])
    let onlyOther = try await JobQueue.promoteDueAndReadLanes(queues: ["default"], kinds: ["other"], on: connection)
    #expect(onlyOther.lanes.map(\.kind) == ["other"])
  }

  @Test(
    "due jobs line up in the order in which they were due, what is requeued or orphaned as it was claimed",
    .queueDatabase)
  func order() async throws {
    let queue = try await QueueWorker.registered(on: connection)
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', run_at => now() + interval '1 hour') FROM generate_series(1, 4);
      UPDATE twinmill.live_jobs SET run_at = now() - job_id * interval '1 s';
      """)
    let due = try await queue.claim(on: connection)
    #expect(due.jobs.map(\.id) == [4, 3, 2, 1])
    #expect(try await queue.end(due.jobs, .requeued, token: due.token, on: connection).count == 4)
    #expect(try await queue.claim(on: connection).jobs.map(\.id) == [4, 3, 2, 1])
    #expect(try await queue.requeueOrphans(on: connection, live: { [] }).count == 4)
    #expect(try await queue.claim(on: connection).jobs.map(\.id) == [4, 3, 2, 1])
  }
}

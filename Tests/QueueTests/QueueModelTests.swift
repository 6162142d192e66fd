import FoundationEssentials
import Numerics
import Postgres
import TestServer
import Testing

@testable import Queue

/// Puts random operations through the queue and through `QueueModel`, and compares after each.
@Suite("Queue model", .dropsDatabases)
struct QueueModelTests {
  private static let environment = ProcessInfo.processInfo.environment
  /// Two new ones each time; many with TWINMILL_ALL=1; that one alone with TWINMILL_MODEL_SEED=….
  private static let seeds: [UInt64] =
    if let seed = environment["TWINMILL_MODEL_SEED"].flatMap({ UInt64($0) }) {
      [seed]
    } else {
      (0..<(environment["TWINMILL_ALL"] == "1" ? 60 : 2)).map { _ in .random(in: 0...UInt64(UInt32.max)) }
    }

  @Test(
    "enqueue, claim, finish, cancel, retry, rescue, limits and time do to jobs what the model says", arguments: seeds)
  func agrees(_ seed: UInt64) async throws {
    var run = try await ModelRun(seed: seed)
    for step in 1...400 {
      try await run.step()
      guard let difference = try await run.difference() else { continue }
      Issue.record(
        """
        step \(step): \(difference)
        \(run.log.suffix(12).joined(separator: "\n"))
        again: TWINMILL_MODEL_SEED=\(seed) swift test --filter QueueModelTests
        """)
      return
    }
  }
}

private struct ModelRun {
  private let connection: Connection
  private var random: SeededRandom
  private var model = QueueModel()
  private var workers: [QueueWorker] = []
  private var cursors = ClaimCursors()
  /// Live claims, and those whose jobs were taken away.
  private var claims: [UUID: (worker: QueueWorker, jobs: [Job])] = [:]
  private var staleClaims: [UUID: (worker: QueueWorker, jobs: [Job])] = [:]
  /// The steps taken, for people.
  private(set) var log: [String] = []
  private var complaint: String?

  init(seed: UInt64) async throws {
    random = SeededRandom(seed: seed)
    connection = try await QueueDatabase.create().connect()
    try await connection.script(
      """
      SELECT twinmill.limit_queue('default', ageing => '1000000000 s');
      SELECT twinmill.limit_queue('limited', running => 3, running_per_key => 1, ageing => '1000000000 s');
      """)
    for _ in 0..<2 { workers.append(try await QueueWorker.registered(on: connection, lease: .seconds(86_400))) }
  }

  /// One operation.
  mutating func step() async throws {
    model.step += 1
    model.now += 1e-3
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<26: try await enqueue()
    case 26..<42: try await claim(from: "default")
    case 42..<52: try await claim(from: "limited")
    case 52..<56: try await claimPoison()
    case 56..<76: try await finish()
    case 76..<80: try await cancel()
    case 80..<83: try await retry()
    case 83..<86: try await rescue()
    case 86..<88: try await requeueOrphans()
    case 88..<91: try await maintain()
    case 91..<94: try await changeLimits()
    default: try await passTime()
    }
  }

  /// Where the queue and the model are of two minds; nil: nowhere.
  mutating func difference() async throws -> String? {
    if let complaint { return complaint }
    var seen: [JobID: String] = [:]
    for row in try await connection.query("SELECT job_id, state, attempt, crashes FROM twinmill.all_jobs") {
      let (job, state, attempt, crashes) = try row.decode(JobID.self, String.self, Int32.self, Int32.self)
      seen[job] = "\(state), \(attempt) attempts, \(crashes) crashes"
    }
    let expected = model.jobs.mapValues { entry in
      let attempt = entry.isRunning ? entry.attempt + 1 : entry.attempt
      return "\(entry.state.name), \(attempt) attempts, \(entry.crashes) crashes"
    }
    let jobs = Set(seen.keys).union(expected.keys).sorted().filter { seen[$0] != expected[$0] }
    return jobs.first.map { "job \($0) is \(seen[$0] ?? "gone"), the model's \(expected[$0] ?? "gone")" }
  }

  private mutating func note(_ text: String) { log.append("\(model.step): \(text)") }

  private mutating func expect(_ isTrue: Bool, _ text: @autoclosure () -> String) {
    if !isTrue { complaint = complaint ?? text() }
  }

  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  /// Real time may pass by minutes without touching what is compared.
  private mutating func delay() -> Double { Double(Int.random(in: 0...3, using: &random)) * 1000 + 500 }

  // MARK: - Enqueue

  private mutating func enqueue() async throws {
    var entry = QueueModel.Entry(
      place: .init(
        queue: chance(60) ? "default" : "limited", tenant: chance(80) ? "" : "acme",
        priority: [-1, 0, 0, 2].randomElement(using: &random)!),
      uniqueKey: chance(30) ? "u\(Int.random(in: 1...3, using: &random))" : nil,
      concurrencyKey: chance(60) ? "c\(Int.random(in: 1...2, using: &random))" : nil, runAt: model.now)
    let delay = chance(25) ? delay() : nil
    if let delay { entry.runAt = model.now + delay }
    let deadline = chance(10) ? 5000 + self.delay() : nil
    entry.deadline = deadline.map { model.now + $0 }
    let known = model.jobs.keys.sorted()
    var dependencies: Set<JobID> = []
    if chance(30) {
      for _ in 0..<2 where !known.isEmpty { dependencies.insert(known.suffix(12).randomElement(using: &random)!) }
    }
    let runsAnyway = chance(50)
    let replaces = chance(50) && entry.uniqueKey != nil && dependencies.isEmpty
    note("enqueue \(entry), after \(dependencies.sorted()), runs anyway \(runsAnyway), replaces \(replaces)")

    let waitsFor: [JobID]? = dependencies.isEmpty ? nil : dependencies.sorted()
    let rule = runsAnyway ? "run" : "discard"
    let ifWaiting = replaces ? "replace" : "keep"
    let sql: SQL = """
      SELECT job_id, outcome FROM twinmill.enqueue(
        'probe', queue => \(entry.place.queue), tenant => \(entry.place.tenant),
        priority => \(Int32(entry.place.priority)), unique_key => \(entry.uniqueKey),
        concurrency_key => \(entry.concurrencyKey), run_at => clock_timestamp() + make_interval(secs => \(delay)),
        deadline => clock_timestamp() + make_interval(secs => \(deadline)),
        depends_on => \(waitsFor), on_discard => \([rule]), if_waiting => \(ifWaiting))
      """
    let isRefused = dependencies.contains { job in
      model.jobs[job]!.isFinal && model.jobs[job]!.state != .final("completed") && !runsAnyway
    }
    guard let (job, outcome) = try await named(sql) else { return expect(isRefused, "an enqueue was refused") }
    expect(!isRefused, "an enqueue was not refused")
    insert(entry, as: job, outcome, after: dependencies, runsAnyway, replaces, hasTime: delay != nil)
  }

  /// A job and an outcome; nil: refused for the state of a job.
  private func named(_ sql: SQL) async throws -> (job: JobID, outcome: String)? {
    guard let row = try await unlessRefused(sql) else { return nil }
    let (job, outcome) = try row.decode(JobID.self, String.self)
    return (job, outcome)
  }

  private func unlessRefused(_ sql: SQL) async throws -> Row? {
    do throws(PostgresError) {
      return try await connection.query(sql).only()
    } catch {
      if error.sqlstate == "55000" { return nil }
      throw error
    }
  }

  private mutating func insert(
    _ entry: QueueModel.Entry, as job: JobID, _ outcome: String, after dependencies: Set<JobID>, _ runsAnyway: Bool,
    _ replaces: Bool, hasTime: Bool
  ) {
    if let key = entry.uniqueKey, let holder = model.ids(where: { !$0.isFinal && $0.uniqueKey == key }).first {
      expect(job == holder, "job \(job) was named instead of \(holder)")
      guard replaces, !model.jobs[holder]!.isRunning else {
        return expect(outcome == "merged", "\(outcome) for merged")
      }
      expect(outcome == "replaced", "\(outcome) for replaced")
      let old = model.jobs[holder]!
      model.jobs[holder]!.place = entry.place
      model.jobs[holder]!.concurrencyKey = entry.concurrencyKey
      model.jobs[holder]!.deadline = entry.deadline
      if hasTime { model.jobs[holder]!.runAt = entry.runAt }
      if old.state == .waitsForJobs { return }
      let staysInPlace = old.state == .ready && old.place == entry.place && model.jobs[holder]!.runAt <= model.now
      if !staysInPlace { model.becomeReady(holder) }
      return
    }
    expect(outcome == "inserted", "\(outcome) for inserted")
    expect(model.jobs.keys.allSatisfy { $0 < job }, "job \(job) is older than others")
    var entry = entry
    for other in dependencies where !model.jobs[other]!.isFinal { entry.dependencies[other] = runsAnyway }
    entry.state = !entry.dependencies.isEmpty ? .waitsForJobs : entry.runAt > model.now ? .scheduled : .ready
    model.jobs[job] = entry
  }

  // MARK: - Claim

  private mutating func claim(from queue: String) async throws {
    let worker = workers.randomElement(using: &random)!
    let limit = Int.random(in: 1...4, using: &random)
    model.promoteDue()
    let lanes = try await JobQueue.promoteDueAndReadLanes(queues: [queue], kinds: ["probe"], on: connection).lanes
    let lineUps = model.paused.contains(queue) ? [] : model.lineUp(in: queue)
    let room = queue == "limited" ? max(model.limits.running - model.running(in: queue), 0) : .max
    note("claim up to \(limit) of \(queue), room for \(room)")
    guard !lanes.isEmpty else { return expect(lineUps.isEmpty, "the lanes of \(queue) are not known") }

    // As a worker: from the cursors, again from the safe positions, and after a head scan.
    var claim = try await claim(queue, worker, lanes, limit)
    if claim?.portions.isEmpty != false {
      for head in try await JobQueue.headScan(of: lanes, on: connection) {
        cursors.found(head.queue, first: head.position)
      }
      claim = try await self.claim(queue, worker, lanes, limit)
    }
    guard let claim, let first = claim.portions.first else {
      return expect(lineUps.isEmpty || room == 0, "nothing was claimed of \(lineUps)")
    }
    // All of one order, from as many lanes as it takes.
    var open = lineUps.filter { $0.key.isFresh == (first.queue.order == .fresh) }
    let count = claim.portions.reduce(0) { $0 + $1.count }
    let most = open.reduce(0) { $0 + $1.count }
    expect(count == min(limit, room, most), "\(count) of \(most) were claimed")
    let cameTo = try await cameTo(Set(claim.jobs.map(\.id)), count: count)
    for (index, portion) in claim.portions.enumerated() {
      let lane = lanes.first { $0.number == portion.queue.lane }!
      let key = QueueModel.LineUp.Key(
        place: .init(queue: lane.queue, tenant: lane.tenant, priority: lane.priority),
        isFresh: portion.queue.order == .fresh)
      guard let place = open.firstIndex(where: { $0.key == key }) else {
        return expect(false, "\(claim.jobs.map(\.id)) were claimed, some of them from an empty queue \(key)")
      }
      let lineUp = open.remove(at: place)
      let part = cameTo.intersection(lineUp.groups.reduce([]) { $0.union($1) })
      expect(part.count == portion.count, "\(part.sorted()) are not \(portion.count) jobs of \(key)")
      expect(lineUp.begins(with: part), "\(part.sorted()) are not the first of \(lineUp)")
      let isLast = index == claim.portions.count - 1
      expect(isLast || part.count == lineUp.count, "\(key) was left for the next lane before it was empty")
      // Of another queue some job may stand first that would have had to come before.
      let best = lineUp.groups[0].map(model.rank).min()!
      for other in index == 0 ? lineUps : open where other.key != key {
        expect(best <= other.groups[0].map(model.rank).max()!, "\(key) was served before \(other.key)")
      }
    }
    own(claim, by: worker)
  }

  private mutating func claim(
    _ queue: String, _ worker: QueueWorker, _ lanes: [Lane], _ limit: Int
  ) async throws -> JobQueue.Claim? {
    while true {
      let ranges = lanes.flatMap { lane in
        LaneQueue.Order.allCases.map { order in
          ClaimRange(
            lane: lane, order: order, cursor: cursors.cursor(of: LaneQueue(lane: lane.number, order: order), at: .now),
            limit: limit)
        }
      }
      let claim =
        queue == "limited"
        ? try await worker.claimLimited(queue: queue, ranges, token: UUID(), on: connection)
        : try await worker.claimUnlimited(ranges, token: UUID(), on: connection)
      guard let claim, !claim.portions.isEmpty else {
        if cursors.foundNothing(in: ranges.map(\.queue), at: .now) { continue }
        return claim
      }
      let count = claim.portions.reduce(0) { $0 + $1.count }
      for portion in claim.portions {
        cursors.claimed(
          portion.queue, after: ranges.first { $0.queue == portion.queue }!.cursor, lastPosition: portion.lastPosition,
          isDrained: queue != "limited" && count < limit, snapshot: claim.snapshot, at: .now)
      }
      return claim
    }
  }

  /// The jobs that a claim took, and those that it blocked because their key is full.
  private mutating func cameTo(_ taken: Set<JobID>, count: Int) async throws -> Set<JobID> {
    var cameTo = taken
    if count > taken.count {
      let blocked: [JobID] = try await connection.query(
        "SELECT job_id FROM twinmill.live_jobs WHERE state = 'blocked' AND waits_for = 0"
      ).map { try $0.decode(JobID.self) }
      cameTo.formUnion(blocked.filter { model.jobs[$0]!.isClaimable })
    }
    expect(cameTo.count == count, "\(cameTo.count) jobs were taken or blocked, not \(count)")
    for job in cameTo.subtracting(taken) {
      let key = model.jobs[job]!.concurrencyKey
      let running = model.running(in: "limited", key: key ?? "") + taken.count { model.jobs[$0]!.concurrencyKey == key }
      expect(key != nil && running >= model.limits.runningPerKey, "job \(job) was blocked though its key has room")
      model.jobs[job]!.state = .waitsForKey
    }
    return cameTo
  }

  private mutating func own(_ claim: JobQueue.Claim, by worker: QueueWorker) {
    for job in claim.jobs {
      expect(model.jobs[job.id]!.attempt + 1 == job.attempt, "job \(job.id) is in its attempt \(job.attempt)")
      model.jobs[job.id]!.state = .running(claim.token)
      let (queue, key) = (model.jobs[job.id]!.place.queue, model.jobs[job.id]!.concurrencyKey)
      guard queue == "limited" else { continue }
      expect(model.running(in: queue) <= model.limits.running, "more run than the queue allows")
      if let key {
        expect(model.running(in: queue, key: key) <= model.limits.runningPerKey, "more run than the key allows")
      }
    }
    note("took \(claim.jobs.map(\.id)), blocked \(claim.throttled)")
    if !claim.jobs.isEmpty { claims[claim.token] = (worker, claim.jobs) }
  }

  private mutating func claimPoison() async throws {
    let worker = workers.randomElement(using: &random)!
    model.promoteDue()
    _ = try await JobQueue.promoteDueAndReadLanes(queues: nil, kinds: ["probe"], on: connection)
    let claim = try await worker.claimPoison(
      queues: nil, kinds: ["probe"], token: UUID(), on: connection)
    let fit = model.ids { entry in
      guard entry.isPoison, !model.paused.contains(entry.place.queue) else { return false }
      guard entry.place.queue == "limited" else { return true }
      return model.running(in: "limited") < model.limits.running
        && (entry.concurrencyKey.map { model.running(in: "limited", key: $0) < model.limits.runningPerKey } ?? true)
    }
    note("claim poison")
    expect(claim.jobs.map(\.id) == Array(fit.prefix(1)), "\(claim.jobs.map(\.id)) is poison, not \(fit)")
    own(claim, by: worker)
  }

  // MARK: - Ends

  private mutating func finish() async throws {
    let isStale = chance(15) && !staleClaims.isEmpty
    let tokens = (isStale ? staleClaims : claims).keys.sorted { $0.uuidString < $1.uuidString }
    // The order of random tokens is not the seed's.
    guard let token = tokens.min(by: { first($0, isStale) < first($1, isStale) }) else { return }
    let (worker, jobs) = (isStale ? staleClaims[token] : claims[token])!
    let endings = jobs.filter { _ in chance(70) }.map { job in
      JobQueue.Ending(job: job, outcome: outcome(), startedAt: job.claimedAt)
    }
    guard !endings.isEmpty else { return }
    note("finish\(isStale ? " too late" : "") \(endings.map { "\($0.job.id) \($0.outcome)" })")
    let accepted = try await worker.finish(endings, token: token, idleLimit: .seconds(60)).run(on: connection)
    expect(accepted == (isStale ? [] : Set(endings.map(\.job.id))), "the fence accepted \(accepted.sorted())")
    if isStale {
      model.unblock(Set(endings.compactMap(\.job.concurrencyKey)))
      return
    }
    let ended = Set(endings.map(\.job.id))
    claims[token]!.jobs.removeAll { ended.contains($0.id) }
    if claims[token]!.jobs.isEmpty { claims[token] = nil }
    for ending in endings { model.finish(ending.job.id, ending.outcome) }
    model.resolveDependents(of: ended.sorted())
    model.unblock(Set(endings.compactMap(\.job.concurrencyKey)))
  }

  private func first(_ token: UUID, _ isStale: Bool) -> JobID {
    (isStale ? staleClaims[token] : claims[token])!.jobs[0].id
  }

  private mutating func outcome() -> JobQueue.Outcome {
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4: .completed
    case 4: .unchanged
    case 5: .discarded(message: "no")
    case 6: .cancelled(message: "no")
    case 7: .retry(after: .seconds(delay()), message: "later")
    case 8: .snooze(.seconds(delay()))
    default: .requeued
    }
  }

  private mutating func cancel() async throws {
    guard let job = model.jobs.keys.sorted().suffix(30).randomElement(using: &random) else { return }
    note("cancel \(job)")
    let entry = model.jobs[job]!
    guard let row = try await unlessRefused("SELECT twinmill.cancel(\(job))") else {
      return expect(entry.isFinal, "job \(job) was not cancelled, it is \(entry.state)")
    }
    let answer: String = try row.decode(String.self)
    expect(answer == (entry.isRunning ? "cancelling" : "cancelled"), "\(entry.state) was \(answer)")
    if entry.isRunning {
      model.jobs[job]!.isAskedToStop = true
    } else {
      model.end(job, "cancelled")
      model.resolveDependents(of: [job])
    }
  }

  private mutating func retry() async throws {
    guard let job = model.jobs.keys.sorted().suffix(30).randomElement(using: &random) else { return }
    note("retry \(job)")
    let entry = model.jobs[job]!
    guard let (new, outcome) = try await named("SELECT new_job_id, outcome FROM twinmill.retry(\(job))") else {
      return expect(entry.state != .scheduled && !entry.isFinal, "job \(job) was not retried, it is \(entry.state)")
    }
    if entry.state == .scheduled {
      expect(outcome == "ready" && new == job, "\(outcome) \(new) for a scheduled job")
      model.jobs[job]!.runAt = model.now
      model.becomeReady(job)
    } else {
      expect(entry.isFinal, "\(outcome) for \(entry.state)")
      let again = QueueModel.Entry(
        place: entry.place, uniqueKey: entry.uniqueKey, concurrencyKey: entry.concurrencyKey, runAt: model.now)
      insert(again, as: new, outcome, after: [], false, false, hasTime: false)
    }
  }

  // MARK: - Maintenance, limits, time

  private mutating func rescue() async throws {
    let index = Int.random(in: workers.indices, using: &random)
    let dead = workers[index]
    note("worker \(index) dies")
    try await dead.remove(on: connection)
    let rescued = try await JobQueue.rescue([], on: connection)
    workers[index] = try await QueueWorker.registered(on: connection, lease: .seconds(86_400))
    let lost = claims.filter { $0.value.worker.id == dead.id }
    let jobs = lost.values.flatMap(\.jobs).map(\.id).sorted()
    expect(rescued.map(\.job).sorted() == jobs, "\(rescued) were rescued, not \(jobs)")
    staleClaims.merge(lost) { $1 }
    claims = claims.filter { lost[$0.key] == nil }
    model.rescue(jobs)
    for (job, outcome) in rescued {
      expect(model.jobs[job]?.state.name == outcome, "job \(job) was rescued as \(outcome)")
    }
  }

  private mutating func requeueOrphans() async throws {
    let worker = workers.randomElement(using: &random)!
    let own = claims.filter { $0.value.worker.id == worker.id }
    let forgotten = own.keys.min { first($0, false) < first($1, false) }
    note("forgets \(forgotten.map { own[$0]!.jobs.map(\.id) } ?? [])")
    let orphans = try await worker.requeueOrphans(on: connection) { own.keys.filter { $0 != forgotten } }
    let expected = forgotten.map { own[$0]!.jobs.map(\.id) } ?? []
    expect(orphans.sorted() == expected.sorted(), "\(orphans) were requeued, not \(expected)")
    model.requeue(expected)
    if let forgotten { staleClaims[forgotten] = claims.removeValue(forKey: forgotten) }
  }

  private mutating func maintain() async throws {
    note("maintains what waits")
    _ = try await JobQueue.maintainWaiting(on: connection)
    model.maintainWaiting()
  }

  private mutating func changeLimits() async throws {
    if chance(50) {
      model.limits = .init(
        running: Int.random(in: 0...5, using: &random), runningPerKey: Int.random(in: 1...3, using: &random))
      let (running, perKey) = (Int32(model.limits.running), Int32(model.limits.runningPerKey))
      _ = try await connection.query(
        """
        SELECT twinmill.limit_queue('limited', running => \(running), running_per_key => \(perKey),
                                    ageing => '1000000000 s')
        """)
    } else {
      let queue = chance(50) ? "default" : "limited"
      let isPaused = model.paused.remove(queue) != nil
      if !isPaused { model.paused.insert(queue) }
      let sql = isPaused ? "SELECT twinmill.resume('\(queue)')" : "SELECT twinmill.pause('\(queue)')"
      _ = try await connection.query(SQL(stringLiteral: sql))
    }
    note("limits \(model.limits), paused \(model.paused)")
  }

  private mutating func passTime() async throws {
    let seconds = Double(Int.random(in: 1...3, using: &random)) * 1000
    note("\(seconds) s pass")
    model.now += seconds
    _ = try await connection.query(
      """
      UPDATE twinmill.live_jobs SET run_at = run_at - make_interval(secs => \(seconds)),
                                    deadline = deadline - make_interval(secs => \(seconds))
      """)
  }
}

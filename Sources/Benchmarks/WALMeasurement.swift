import Files
import FoundationEssentials
import Postgres
import Simulation

/// Write-ahead log per finished job, by part.
struct WALMeasurement: Measurement {
  static let name = "wal"
  static let summary = "write-ahead log per job: enqueue, claim, finish"

  let stage: BenchStage
  let sizes: BenchSizes

  struct Figures: Encodable {
    let method = """
      Bytes between two readings of pg_current_wal_insert_lsn(), per no-op job, with a checkpoint before each part, so \
      that every page touched is logged once in full (full_page_writes). On a private server pg_walinspect tells those \
      page images apart (without_page_images: what a busy server writes between checkpoints) and autovacuum is off. \
      Parts run one after another on one connection with the worker's own statements and batch size: enqueue_many in \
      arrays of 1,000, all claims, all finishes with history. worker: one worker process drains such jobs, everything \
      that it writes included.
      """
    let jobs: Int
    let batch: Int
    let autovacuum: String
    let enqueue: Part
    let claim: Part
    let finish: Part
    let total: Part
    let worker: Part
  }

  /// Bytes per job.
  struct Part: Encodable {
    let bytesPerJob: Double
    let withoutPageImages: Double?
    let pageImages: Double?

    init(_ span: Span, jobs: Int) {
      bytesPerJob = (Double(span.bytes) / Double(jobs)).rounded(to: 1)
      pageImages = span.images.map { (Double($0) / Double(jobs)).rounded(to: 1) }
      withoutPageImages = span.images.map { (Double(span.bytes - $0) / Double(jobs)).rounded(to: 1) }
    }
  }

  /// A stretch of the log.
  struct Span {
    var bytes: Int64
    /// Of full pages; nil: not told apart.
    var images: Int64?

    static func + (one: Span, other: Span) -> Span {
      Span(bytes: one.bytes + other.bytes, images: one.images.flatMap { image in other.images.map { image + $0 } })
    }
  }

  private static let images = Statement("bench_page_images", Embedded.Statements.bench_page_images)
  private var jobs: Int { min(sizes.jobs, 50_000) }

  func run() async throws -> Figures {
    let connection = try await stage.connect()
    if stage.isPrivate {
      try await connection.script("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
      try await setAutovacuum("off", on: connection)
    }
    let backlog = Backlog(stage: stage)
    try await backlog.clear(on: connection)
    let parts = try await parts(connection)
    try await backlog.clear(on: connection)
    let worker = try await worker(connection)
    let autovacuum: String = try await connection.query("SHOW autovacuum")[0].decode(String.self)
    if stage.isPrivate { try await setAutovacuum("on", on: connection) }
    try await backlog.clear(on: connection)
    await connection.close()
    return Figures(
      jobs: jobs, batch: stage.batchLimit, autovacuum: autovacuum, enqueue: Part(parts.enqueue, jobs: jobs),
      claim: Part(parts.claim, jobs: jobs), finish: Part(parts.finish, jobs: jobs),
      total: Part(parts.enqueue + parts.claim + parts.finish, jobs: jobs), worker: Part(worker, jobs: jobs))
  }

  private func setAutovacuum(_ value: String, on connection: Connection) async throws {
    try await connection.script(value == "off" ? "ALTER SYSTEM SET autovacuum = off" : "ALTER SYSTEM RESET autovacuum")
    try await connection.script("SELECT pg_reload_conf()")
  }

  // MARK: - Parts

  private func parts(_ connection: Connection) async throws -> (enqueue: Span, claim: Span, finish: Span) {
    let own = OwnStatements(stage: stage)
    try await own.register(on: connection)
    let enqueue = try await span(connection) { try await enqueueAll(on: connection) }
    let cursors = OwnStatements.Cursors()
    try await own.readLanes(cursors, on: connection)
    var claims: [OwnStatements.Claimed] = []
    let claim = try await span(connection) {
      while let next = try await own.claim(stage.batchLimit, cursors, on: connection) { claims.append(next) }
    }
    var finished = 0
    let finish = try await span(connection) {
      for claim in claims { finished += try await own.finish(claim, on: connection) }
    }
    try await own.remove(on: connection)
    guard finished == jobs else { throw CommandFailure("\(finished) of \(jobs) jobs were finished") }
    return (enqueue, claim, finish)
  }

  private func enqueueAll(on connection: Connection) async throws {
    var left = jobs
    while left > 0 {
      let count = min(left, Enqueuer.arrayLength)
      try await Enqueuer.enqueueMany(Enqueuer.array(count), on: connection)
      left -= count
    }
  }

  private func worker(_ connection: Connection) async throws -> Span {
    try await enqueueAll(on: connection)
    let backlog = Backlog(stage: stage)
    let last = try await backlog.last(on: connection)
    return try await span(connection) {
      try await BenchWorker.with(stage) { worker in
        try await backlog.untilEmpty(last: last, workers: [worker], on: connection)
      }
    }
  }

  // MARK: - The log

  private func span(_ connection: Connection, _ body: () async throws -> Void) async throws -> Span {
    try await Backlog(stage: stage).checkpoint(on: connection)
    let before = try await position(connection)
    try await body()
    let after = try await position(connection)
    let bytes: Int64 = try await connection.query(
      "SELECT (\(after)::text::pg_lsn - \(before)::text::pg_lsn)::bigint")[0].decode(Int64.self)
    guard stage.isPrivate else { return Span(bytes: bytes, images: nil) }
    // WAL that is not on disk yet cannot be read back: a durable commit brings all of it there.
    try await connection.script("SELECT pg_logical_emit_message(true, 'bench', '')")
    let images: Int64 = try await connection.query(Self.images(before, after))[0].decode(Int64.self)
    return Span(bytes: bytes, images: images)
  }

  private func position(_ connection: Connection) async throws -> String {
    try await connection.query("SELECT pg_current_wal_insert_lsn()::text")[0].decode(String.self)
  }
}
